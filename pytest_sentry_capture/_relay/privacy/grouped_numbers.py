"""IBANs and card numbers as people write them, in groups, which Relay does not know.

They are searched here, because Relay compiles the regexes of a configuration again for each event, which takes longer
than all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

_LENGTHS_OF_IBANS: Final = {
    15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
}  # fmt: skip
"""How long the IBANs of which countries are (SWIFT's IBAN registry, ISO 13616)."""


def _grouped_ibans() -> str:
    """IBANs as people write them, in groups of four, which Relay does not know."""
    alternatives = []
    for length, countries in _LENGTHS_OF_IBANS.items():
        groups, rest = divmod(length - 4, 4)
        last = f"[ \\xA0-][0-9A-Z]{{{rest}}}" if rest else ""
        of_country = "|".join(countries.split())
        alternatives.append(f"(?:{of_country})[0-9]{{2}}(?:[ \\xA0-][0-9A-Z]{{4}}){{{groups}}}{last}")
    return rf"(?<![0-9A-Za-z])(?:{'|'.join(alternatives)})(?![0-9A-Za-z])"


_IBAN: Final = re.compile(_grouped_ibans())
_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z])[2-6][0-9]{3}(?:(?:[ .\xA0-][0-9]{4}){3}|[ .\xA0-][0-9]{6}[ .\xA0-][0-9]{4,5})(?![0-9A-Za-z])"
)
"""Cards of all brands, in four groups of four, or in three as American Express and Diners Club have."""
_BEGINNING: Final = re.compile(
    r"[A-Z]{2}[0-9]{2}[ \xA0-][0-9A-Z]{4}[ \xA0-]|[2-6][0-9]{3}[ .\xA0-][0-9]{4}(?:[0-9]{2})?[ .\xA0-]"
)


def may_be_in(text: str) -> bool:
    """Whether it is worth looking for them."""
    return _BEGINNING.search(text) is not None


def remarks_on(text: str) -> list[Any]:
    """What Relay would remark if it knew them: the rule, and where in the text it has found something, in bytes."""
    return [*_remarks("@iban", _IBAN, text), *_remarks("@creditcard", _CARD, text)]


def _remarks(rule: str, pattern: re.Pattern[str], text: str) -> Iterator[list[Any]]:
    for found in pattern.finditer(text):
        start = len(text[: found.start()].encode(errors="replace"))
        yield [rule, "m", start, start + len(found[0].encode(errors="replace"))]
