"""The command ``sentry-contract``: what can be done with the reports of runs that are over."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from pytest_sentry_capture.version import __version__

_DIFFERENCES = 1
_BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: those of the command line.

    Returns:
        The exit code: 0; with ``--exit-code`` 1 where there are differences; 2 for bad input.
    """
    options = _parser().parse_args(arguments)
    if options.command == "schema":
        _write(sys.stdout, (Path(__file__).parent / "_reports" / "report.schema.json").read_text(encoding="utf-8"))
        return 0
    # Here, so that --help and --version answer at once.
    from pytest_sentry_capture._reports import RENDERINGS, ReportError, compare, read_report
    from pytest_sentry_capture._text import printable

    try:
        difference = compare(read_report(options.before), read_report(options.after))
    except ReportError as error:
        _write(sys.stderr, f"sentry-contract: {printable(str(error))}\n")
        return _BAD_INPUT
    _write(sys.stdout, RENDERINGS[options.format](difference))
    return _DIFFERENCES if options.exit_code and not difference.is_empty else 0


def _write(stream: TextIO, text: str) -> None:
    """Write, with a ``?`` for each character that the encoding of a terminal or a file does not have."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sentry-contract", description="Compare what test runs sent to Sentry.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    diff = commands.add_parser(
        "diff",
        help="compare the JSON reports of two runs",
        description="Compare the reports of two runs, which pytest --sentry-report=PATH.json writes: what is reported"
        " in one only, what is sent in clear in one only, and how much is sent.",
    )
    diff.add_argument("before", type=Path, metavar="BEFORE.json", help="the report of the first run")
    diff.add_argument("after", type=Path, metavar="AFTER.json", help="the report of the second run")
    diff.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="text by default")
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 where the runs differ")
    commands.add_parser(
        "schema",
        help="print the JSON Schema of reports",
        description="Print the JSON Schema (draft 2020-12) of what pytest --sentry-report=PATH.json writes.",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
