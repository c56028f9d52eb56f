"""What a name in a text is given: ``password=hunter2``, ``{'password': 'hunter2'}``, ``password: hunter2``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pytest_sentry_capture._recording.masks import SCHEME, Masks

_END: Final = r"(?=$|[.:!?](?:\s|$)|[\s,;&'\")\]}>`]|\\[nrt'\"\\])"
_PLACEHOLDER: Final = (
    r"(?:\?|%[a-zA-Z]|%\(\w+\)[a-zA-Z]|\$\d+|:\w+|\$?\{\w*(?:[!:][^{}\s]*)?\})(?:::\w+(?:\[\])?)?" + _END
)
"""What stands for a value in SQL, in templates of log messages and in settings."""
_VALUE: Final = re.compile(
    rf"(?P<placeholder>{_PLACEHOLDER})"
    r"|(?:\w{1,40}\()?b?(?P<quote>\\*['\"`])(?P<quoted>.*?)(?:(?P=quote)|$)"
    r"|(?P<bare>(?:\[[^\[\]\n]*\]|<[^<>\n]*>|\([^()\n]*\)|\{[^{}\n]*\})?"
    r"(?:[^\s,;&'\"()\[\]{}<>`\\]|\\(?![nrt'\"\\]))*)",
    re.DOTALL,
)
_PUNCTUATION: Final = ".:!?"
_OPENING: Final = "([{<"
_SCHEME: Final = re.compile(SCHEME, re.IGNORECASE)
_PROSE: Final = re.compile(r"(?:[^\W\d_]+(?:[-'/.|_][^\W\d_]+)*|[^\W\d]\w*(?:\.[^\W\d]\w*)+)[.:!?|…]*")
"""A word of a sentence, the name of a type, or a column of a table."""
_SHORTEST_IN_PROSE: Final = 4


class AssignedValue(NamedTuple):
    """What follows on a name and its separator in a text.

    Attributes:
        text: the value, up to the next space, comma, semicolon, ``&``, quote or bracket, or between its quotes, empty
            if there is none.
        is_quoted: whether it stands in quotes.
        is_container: whether a bracket opens that ends elsewhere.
    """

    text: str
    is_quoted: bool = False
    is_container: bool = False

    @classmethod
    def at(cls, text: str, position: int) -> AssignedValue:
        """What a text has at a position. Nothing for a placeholder."""
        if scheme := _SCHEME.match(text, position):
            position = scheme.end()
        found = _VALUE.match(text, position)
        if found is None or found["placeholder"] is not None:
            return cls("")
        if found["quote"] is not None:
            return cls(found["quoted"], is_quoted=True)
        bare = found["bare"]
        return cls(bare, is_container=not bare and text[position : position + 1] in tuple(_OPENING))

    @classmethod
    def in_prose(cls, text: str, position: int) -> AssignedValue:
        """What a text has at a position that a sentence may go on at: nothing for a word of it.

        ``password: must have 8 characters`` gives the password no value, ``password: hunter2`` does.
        """
        value = cls.at(text, position)
        if value.is_quoted:
            return value
        is_said = len(value.text) < _SHORTEST_IN_PROSE or _PROSE.fullmatch(value.text)
        return cls("") if is_said or value.text[:1] in _OPENING else value

    def tells(self, masks: Masks) -> bool:
        """Whether there is a value that is neither empty nor masked."""
        if self.is_container or self.is_quoted:
            return self.is_container or not masks.says_nothing(self.text)
        in_sentence = self.text[:-1] if self.text[-1:] in tuple(_PUNCTUATION) else self.text
        return not (masks.says_nothing(self.text) or masks.says_nothing(in_sentence))
