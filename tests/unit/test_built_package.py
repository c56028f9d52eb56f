"""The built wheel and sdist: the description that PyPI shows, the address of the documentation, and the files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from checkout import CHECKOUT
from pytest_sentry_capture._text.documentation import DOCUMENTATION

pytestmark = pytest.mark.needs("builds of the package")

NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
ADDRESS = "https://docs.example.org/sentry/"
RELATIVE_LINK = re.compile(r"\]\((?!https?:)")


def built(checkout: Path) -> tuple[Path, Path]:
    """The sdist and the wheel of a checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(checkout / "dist")]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    [sdist], [wheel] = checkout.glob("dist/*.tar.gz"), checkout.glob("dist/*.whl")
    return sdist, wheel


def checkout_with(address: str, folder: Path) -> Path:
    copy = folder / "checkout"
    shutil.copytree(CHECKOUT, copy, ignore=NOT_COPIED)
    module = copy / "pytest_sentry_capture" / "_text" / "documentation.py"
    constant = f'DOCUMENTATION: Final = "{DOCUMENTATION}"'
    text = module.read_text(encoding="utf-8")
    assert text.count(constant) == 1
    module.write_text(text.replace(constant, f'DOCUMENTATION: Final = "{address}"'), encoding="utf-8")
    return copy


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as files:
        [name] = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(files.read(name).decode("utf-8"))


def links_of(markdown: str) -> Iterator[str]:
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        for token in block.children or ():
            if token.type in ("link_open", "image"):
                yield str(token.attrs["href" if token.type == "link_open" else "src"])


@pytest.fixture(scope="module")
def without_address(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return built(checkout_with("", tmp_path_factory.mktemp("without_address")))


@pytest.fixture(scope="module")
def with_address(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return built(checkout_with(ADDRESS, tmp_path_factory.mktemp("with_address")))


def test_titles_take_the_place_of_links_without_an_address(without_address: tuple[Path, Path]) -> None:
    metadata = metadata_of(without_address[1])
    description = str(metadata.get_payload())

    assert metadata.get_all("Project-URL") is None
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert [link for link in links_of(description) if not link.startswith("https://")] == []
    assert not RELATIVE_LINK.search(description)


def test_the_description_is_the_readme_except_for_links(without_address: tuple[Path, Path]) -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    description = str(metadata_of(without_address[1]).get_payload()).splitlines()

    for line in readme.splitlines():
        has_link = "](" in line or re.search(r"\[[^\]]*$", line)
        if not has_link and not line.startswith("<!--"):
            assert line in description


def test_links_lead_to_the_site_once_it_has_an_address(with_address: tuple[Path, Path]) -> None:
    metadata = metadata_of(with_address[1])
    description = str(metadata.get_payload())
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")

    assert metadata.get_all("Project-URL") == [f"Documentation, {ADDRESS}"]
    assert not RELATIVE_LINK.search(description)
    expected = [link for link in links_of(readme) if link.startswith("docs/")]
    assert expected
    for link in expected:
        page, _, anchor = link.removeprefix("docs/").partition("#")
        address = f"{page.removesuffix('.md')}/" if page.endswith(".md") else page
        assert f"]({ADDRESS}{address}{f'#{anchor}' if anchor else ''})" in description


def test_a_message_names_the_address(with_address: tuple[Path, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(with_address[1]) as files:
        files.extractall(tmp_path)
    code = "from pytest_sentry_capture._text import RULES, reference; print(reference(RULES, 'all-rules'))"

    printed = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={}, check=True, capture_output=True, text=True
    ).stdout

    assert printed == f"{ADDRESS}reference/rules/#all-rules\n"


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "hatch_build.py",
        "mkdocs.yml",
        "docs/hooks.py",
    ],
)
def test_the_sdist_contains(without_address: tuple[Path, Path], name: str) -> None:
    assert name in files_of(without_address[0])


@pytest.mark.parametrize("folder", ["docs", "example_app", "matrix", "scripts", "tests"])
def test_the_sdist_contains_all_of(without_address: tuple[Path, Path], folder: str) -> None:
    packed = files_of(without_address[0])
    files = {file.relative_to(CHECKOUT) for file in (CHECKOUT / folder).rglob("*")}
    expected = {
        file.as_posix()
        for file in files
        if file.suffix in (".md", ".py", ".png", ".svg", ".toml", ".txt")
        and not any(part.startswith(".") for part in file.parts)  # such as .pytest_cache
    }

    assert expected - packed == set()


def test_the_wheel_contains_the_package_alone(without_address: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(without_address[1]) as files:
        folders = {name.partition("/")[0].partition("-")[0] for name in files.namelist()}

    assert folders == {"pytest_sentry_capture", "pytest_sentry_contract"}


def files_of(sdist: Path) -> set[str]:
    """The files in an sdist, without the folder that they are in."""
    with tarfile.open(sdist) as files:
        return {name.partition("/")[2] for name in files.getnames()}
