"""The contract of a configuration: whether it can be read, and how a run compares with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pytest_sentry_capture._reports import FILE, Contract, ContractError, read_contract
from pytest_sentry_capture._run.settings.configuration import Configuration, name_of_file
from pytest_sentry_capture._run.settings.options import Settings


class ContractFile(NamedTuple):
    """A contract's file.

    Attributes:
        name: as messages name it: relative to the rootdir.
    """

    path: Path
    name: str

    @classmethod
    def of(cls, configuration: Configuration, settings: Settings, root: Path) -> ContractFile:
        """The contract of a configuration: beside it, unless the rootdir's is said to be elsewhere."""
        path = (configuration.home or root) / FILE
        if configuration.folder == "" and settings.contract_file is not None:
            path = settings.contract_file
        return cls(path, name_of_file(path, root))

    def read(self) -> Contract:
        """What stands in it.

        Raises:
            FileNotFoundError: there is none.
            ContractError: it is damaged or can't be read, in words for users, one mistake a line.
        """
        try:
            return read_contract(self.path, self.name)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise ContractError(f"{self.name} could not be read: {error.strerror}") from None


class CarriedContract(NamedTuple):
    """A contract that a report has carried here, in place of its file.

    Attributes:
        name: as messages name it: relative to the rootdir.
        contract: what stands in it, or None if there was none.
        mistakes: what is wrong with it, one mistake a line, empty if nothing is.
    """

    name: str
    contract: Contract | None
    mistakes: str = ""

    @property
    def path(self) -> Path:
        """Where it is, relative to the rootdir."""
        return Path(self.name)

    def read(self) -> Contract:
        """What stands in it. Raises like ``ContractFile.read``."""
        if self.mistakes:
            raise ContractError(self.mistakes)
        if self.contract is None:
            raise FileNotFoundError(self.name)
        return self.contract


AnyContract = ContractFile | CarriedContract


def mistakes_in_contract(file: ContractFile) -> list[str]:
    """Why a run can't be compared with a contract, in words for users, empty if it can."""
    try:
        file.read()
    except FileNotFoundError:
        return [missing_contract(file)]
    except ContractError as error:
        return str(error).splitlines()
    return []


def missing_contract(file: AnyContract) -> str:
    """What to do about a contract that is not there, in words for users."""
    return f"There is no contract yet. To write {file.name}, run `pytest --sentry-contract=update`."
