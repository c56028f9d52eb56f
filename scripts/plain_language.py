"""Checks that the texts of this project are plain: documentation, docstrings, comments, messages and help texts.

``python -m scripts.plain_language --check`` lists each phrase of ``plain_language.toml`` with file, line and the
plain phrase. It also lists each file with more than two semicolons per 1000 words of prose. Pass files to check only
these. Without ``--check`` the command prints the same list and succeeds.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT: Final = Path(__file__).parents[1]
DATA: Final = Path(__file__).with_suffix(".toml")
SEMICOLONS_PER_1000_WORDS: Final = 2
_STRING: Final = re.compile(r"(?is)([a-z]*)('''|\"\"\"|'|\")(.*)\2")
_CODE_SPAN: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_ENTITY: Final = re.compile(r"&#?\w+;")
_COMMENT: Final = re.compile(r"^\s*(?:#+|//+|/?\*+)\s?(.*)$")
_IGNORED_COMMENTS: Final = re.compile(r"^#\s*(?:noqa|type:|pragma|fmt:|pylint|!)")


@dataclass(frozen=True)
class Passage:
    """Lines that are read in one go, with their numbers.

    Attributes:
        lines: number and text of each line.
        is_prose: whether its words and semicolons count: those of documentation, docstrings and comments.
    """

    lines: Sequence[tuple[int, str]]
    is_prose: bool

    def joined(self) -> tuple[str, list[int]]:
        """The text with single spaces, and for each of its characters the number of its line."""
        words = [(number, word) for number, line in self.lines for word in line.split()]
        text = " ".join(word for _, word in words)
        return text, [number for number, word in words for _ in range(len(word) + 1)]


@dataclass(frozen=True)
class Phrase:
    """A phrase that is not plain, and what to write instead."""

    pattern: re.Pattern[str]
    plain: str


@dataclass(frozen=True)
class PlainLanguage:
    """What ``plain_language.toml`` says: the phrases, and the files that are checked."""

    phrases: Sequence[Phrase]
    checked: Sequence[str]
    unchecked: Sequence[str]
    messages: Sequence[str]
    outputs: Sequence[str]

    def files(self, checkout: Path) -> list[Path]:
        """The files of a checkout that are checked."""
        left_out = {path for glob in self.unchecked for path in checkout.glob(glob)}
        found = {path for glob in self.checked for path in checkout.glob(glob) if path.is_file()}
        return sorted(found - left_out)

    def problems(self, file: Path, checkout: Path) -> list[str]:
        """A line for each problem of a file, in the order of its lines."""
        name = file.relative_to(checkout).as_posix() if file.is_relative_to(checkout) else str(file)
        has_messages = any(Path(name).match(glob) for glob in self.messages)
        passages = list(passages_of(file, has_messages))
        found = [*self._refused_phrases(passages)]
        if not any(Path(name).match(glob) for glob in self.outputs):
            found += _too_many_semicolons(passages)
        return [f"{name}:{number}: {problem}" for number, problem in sorted(found)]

    def _refused_phrases(self, passages: Sequence[Passage]) -> Iterator[tuple[int, str]]:
        for passage in passages:
            text, numbers = passage.joined()
            for phrase in self.phrases:
                for found in phrase.pattern.finditer(text):
                    yield numbers[found.start()], f'"{found[0]}". Write: {phrase.plain}'


def plain_language(data: Path = DATA) -> PlainLanguage:
    """Read the data file."""
    content = tomllib.loads(data.read_text(encoding="utf-8"))
    phrases = [Phrase(re.compile(pattern, re.IGNORECASE), plain) for pattern, plain in content["phrases"].items()]
    files = content["files"]
    return PlainLanguage(phrases, files["checked"], files["unchecked"], files["messages"], files["outputs"])


def _too_many_semicolons(passages: Sequence[Passage]) -> Iterator[tuple[int, str]]:
    prose = [passage for passage in passages if passage.is_prose]
    words = sum(len(passage.joined()[0].split()) for passage in prose)
    semicolons = [
        number for passage in prose for number, line in passage.lines for _ in range(_ENTITY.sub("", line).count(";"))
    ]
    allowed = max(1, words * SEMICOLONS_PER_1000_WORDS // 1000)
    if len(semicolons) > allowed:
        lines = ", ".join(map(str, semicolons))
        count = f"{len(semicolons)} semicolons in {words} words of prose"
        yield semicolons[0], f"{count} (lines {lines}), allowed: {allowed}. Write: two sentences"


def passages_of(file: Path, has_messages: bool) -> Iterator[Passage]:
    """What people read in a file.

    Args:
        file: its suffix says what in it is prose.
        has_messages: whether the texts in its code are read by users.
    """
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        yield from _of_markdown(text)
    elif file.suffix in (".py", ".pyi"):
        yield from _of_python(text, has_messages)
    else:
        yield from _of_other_text(text)


def _of_markdown(text: str) -> Iterator[Passage]:
    text = re.sub(r"(?s)<!--.*?-->", lambda comment: "\n" * comment[0].count("\n"), text)
    fence = ""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        opening = re.match(r"\s*(```+|~~~+)", line)
        if fence:
            if opening and opening[1].startswith(fence):
                fence = ""
            else:
                yield Passage([(number, line)], is_prose=False)
        elif opening or not line.strip():
            fence = opening[1] if opening else ""
            yield Passage(block, is_prose=True)
            block = []
        elif line.startswith(">"):  # quotes a message
            yield Passage([(number, line)], is_prose=False)
        else:
            block.append((number, _without_code_spans(line)))
    yield Passage(block, is_prose=True)


def _of_python(text: str, has_messages: bool) -> Iterator[Passage]:
    lines = text.splitlines()
    docstrings = _docstring_starts(text)
    depth = 0
    strings: list[tuple[int, str]] = []
    comments: list[tuple[int, str]] = []
    is_docstring = False
    start = (1, 0)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "COMMENT" and not _IGNORED_COMMENTS.match(token.string):
            if comments and (
                comments[-1][0] != token.start[0] - 1 or lines[token.start[0] - 1][: token.start[1]].strip()
            ):
                yield Passage(comments, is_prose=True)
                comments = []
            comments.append((token.start[0], _without_code_spans(token.string.lstrip("#"))))
        if kind in ("FSTRING_START", "TSTRING_START"):
            start = token.start if not depth else start
            depth += 1
        elif kind in ("FSTRING_END", "TSTRING_END"):
            depth -= 1
            if not depth:
                strings += _lines_of_string(_between(lines, start, token.end), start[0])
        elif kind == "STRING" and not depth:
            is_docstring = is_docstring or token.start in docstrings
            strings += _lines_of_string(token.string, token.start[0])
        elif strings and not depth and kind not in ("NL", "COMMENT"):
            if is_docstring or has_messages:
                yield Passage(strings, is_docstring)
            strings, is_docstring = [], False
    yield Passage(comments, is_prose=True)


def _docstring_starts(text: str) -> set[tuple[int, int]]:
    """Where docstrings begin, those of attributes included."""
    return {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def _between(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    between = lines[start[0] : end[0] - 1]
    return "\n".join([lines[start[0] - 1][start[1] :], *between, lines[end[0] - 1][: end[1]]])


def _lines_of_string(source: str, first: int) -> Iterator[tuple[int, str]]:
    """The text of a string as it is written, with a placeholder for each value in it."""
    literal = _STRING.fullmatch(source)
    if literal is None:
        return
    prefix, _, text = literal.groups()
    if "f" in prefix.lower():
        text, replaced = text.replace("{{", "(").replace("}}", ")"), 1
        while replaced:
            text, replaced = re.subn(r"\{[^{}]*\}", lambda value: "_" + "\n" * value[0].count("\n"), text)
    if "r" not in prefix.lower():
        text = re.sub(r"\\[nt]", " ", text)
    code = False
    for number, line in enumerate(text.split("\n"), first):
        code = not code if line.strip().startswith("```") else code
        yield number, "" if code else _without_code_spans(line)


def _of_other_text(text: str) -> Iterator[Passage]:
    """Of a script or a configuration: its comments as prose, all else without."""
    for comment, numbered in groupby(enumerate(text.splitlines(), 1), lambda line: bool(_COMMENT.match(line[1]))):
        if comment:
            yield Passage([(number, _COMMENT.sub(r"\1", line)) for number, line in numbered], is_prose=True)
        else:
            for filled, block in groupby(numbered, lambda line: bool(line[1].strip())):
                if filled:
                    yield Passage(list(block), is_prose=False)


def _without_code_spans(line: str) -> str:
    return _CODE_SPAN.sub("`_`", line)


def main(arguments: Sequence[str] | None = None) -> int:
    """List the problems. 1 where there are any and ``--check`` was given."""
    parser = argparse.ArgumentParser(
        prog="scripts.plain_language", description="Check that texts are in plain language."
    )
    parser.add_argument("--check", action="store_true", help="fail if there is a problem")
    parser.add_argument("files", nargs="*", type=Path, help="the files to check, all by default")
    options = parser.parse_args(arguments)
    rules = plain_language()
    files: Iterable[Path] = [file.resolve() for file in options.files] or rules.files(CHECKOUT)
    problems = [problem for file in files for problem in rules.problems(file, CHECKOUT)]
    print(*problems, sep="\n", end="\n" if problems else "")
    if problems:
        print(
            f"{len(problems)} problems of plain language; scripts/plain_language.toml lists the phrases",
            file=sys.stderr,
        )
    return 1 if problems and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
