"""What says nothing: values that are empty, and masks, which stand in place of a value that was taken out.

There is one list of masks for everything that asks: rules, the search for personal data, reports, declared secrets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from pytest_sentry_capture._recording.changes import MISSING

FILTERED: Final = "[Filtered]"
"""What the SDK's scrubber puts in place of a value (``sentry_sdk.consts``/``utils``: SENSITIVE_DATA_SUBSTITUTE)."""
_EMPTY: Final[tuple[Any, ...]] = (MISSING, None, "", {}, [], ())
_EMPTY_TEXTS: Final = frozenset(("", "None", "null", "NULL", "{}", "[]", "()"))
"""Among them are the representations of what is empty: variables of stack frames are sent as such."""
SCHEME: Final = r"(?:Bearer|Basic|Digest|Token|ApiKey)\s+"
"""What may stand before the credentials in a header, masked or not (RFC 9110, 11.4)."""
_WORDS: Final = (
    "filtered", "scrubbed", "redacted", "masked", "hidden", "removed", "omitted", "withheld", "stripped", "censored",
    "suppressed", "obfuscated", r"sanit(?:iz|is)ed", r"anonym(?:iz|is)ed", "sensitive", "secret", "secure",
)  # fmt: skip
"""What masks say, in brackets and in any case. ``[secure]`` is httpx's."""
_WORD: Final = rf"\ ?(?:{'|'.join(_WORDS)})\ ?"
_USUAL: Final = rf"\[{_WORD}\]|<{_WORD}>|\({_WORD}\)|\{{{_WORD}\}}|\*{{3,}}{_WORD}\*{{3,}}|[*•]{{3,}}|x{{8,}}"


def _represented(source: str) -> str:
    """The source of a regex for a text or its representation, such as that of pydantic's ``SecretStr``."""
    source = rf"(?:{SCHEME})?{source}"
    quoted = rf"b?(?P<quote>\\*['\"])\s*{source}\s*(?P=quote)"
    return rf"\s*(?P<call>\w{{1,40}}\()?(?:{quoted}|{source})(?(call)\))\s*"


_MASK: Final = re.compile(_represented(f"(?:{_USUAL})"), re.IGNORECASE)
_EMPTY_TEXT: Final = re.compile(r"\s*(?P<call>\w{1,40}\()?b?(?P<quote>\\*['\"])\s*(?P=quote)(?(call)\))\s*")
"""The representation of an empty text."""
_CALL: Final = re.compile(r"\w{1,40}\((.*)\)", re.DOTALL)
_QUOTED: Final = re.compile(r"b?(\\*['\"])(.*)\1", re.DOTALL)
_AFTER_SCHEME: Final = re.compile(rf"{SCHEME}(.*)", re.DOTALL | re.IGNORECASE)
_UUID: Final = "6fa459ea-ee8a-3ca4-894e-db77e160355e"
_LAST: Final = frozenset("])>}*•xX'\"")
"""What masks end with: most texts are known by it to be none."""


@dataclass(frozen=True)
class Masks:
    """The masks: the usual ones, and those of the project.

    A mask counts only if it is the whole value: ``***1234`` is not one.

    Attributes:
        texts: the project's own, which are compared in any case.
        patterns: its regexes, which must match the whole value.
    """

    texts: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()

    def is_mask(self, text: str) -> bool:
        """Whether a text stands in place of a value, itself or in a representation."""
        if (self.texts or self.patterns) and self._is_own(text):
            return True
        text = unquote(text) if "%" in text else text
        return _may_be(text) and _MASK.fullmatch(text) is not None

    def says_nothing(self, value: object) -> bool:
        """Whether a value is empty or masked."""
        if isinstance(value, str):
            return value in _EMPTY_TEXTS or self.is_mask(value) or _is_empty_text(value)
        return is_empty(value)

    def _is_own(self, text: str) -> bool:
        bare = _bare(text)
        return any(each.casefold() == own.casefold() for own in self.texts for each in (text, bare)) or any(
            pattern.fullmatch(each) for pattern in self.patterns for each in (text, bare)
        )


USUAL_MASKS: Final = Masks()
_VALUES: Final = ("", "a", "password1", _UUID, _UUID.upper(), _UUID.replace("-", ""))


def value_taken_for_mask(mask: str | re.Pattern[str]) -> str | None:
    """A value that a project's own mask would match, though it is not one, or None if there is no such value."""
    masks = Masks((mask,)) if isinstance(mask, str) else Masks(patterns=(mask,))
    return next((value for value in _VALUES if masks._is_own(value)), None)


def is_empty(value: object) -> bool:
    """Whether there is no value: nothing, an empty text, or an empty container."""
    return value in _EMPTY


def _is_empty_text(text: str) -> bool:
    return text.isspace() or (_may_be(text) and _EMPTY_TEXT.fullmatch(text) is not None)


def _may_be(text: str) -> bool:
    return text[-1:] in _LAST or text[-1:].isspace()


def _bare(text: str) -> str:
    """A text without the quotes, and the name of the class, of its representation, and without a scheme before it."""
    for around in _CALL, _QUOTED, _AFTER_SCHEME:
        if within := around.fullmatch(text.strip()):
            text = within[within.re.groups]
    return text
