"""The command ``sentry-contract``: what can be done with the reports of runs that are over."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pytest_sentry_capture.version import __version__

_DIFFERENCES = 1
_FAILURE = 1
_BAD_INPUT = 2
_PAGES = (".html", ".htm")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: those of the command line.

    Returns:
        The exit code: 0. 1 where a combined run fails and, with ``--exit-code``, where there are differences. 2 for bad
        input, and for a page that can't be written.
    """
    options = _parser().parse_args(arguments)
    # Here, so that --help and --version answer at once.
    from pytest_sentry_capture._reports import ReportError
    from pytest_sentry_capture._text import printable

    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except ReportError as error:
        message = str(error)
    except OSError as error:
        message = f"{getattr(options, 'output', None) or error.filename} could not be written: {error.strerror}."
    _write(sys.stderr, "\n".join(map(printable, f"sentry-contract: {message}".split("\n"))) + "\n")
    return _BAD_INPUT


def _diff(options: argparse.Namespace) -> int:
    from pytest_sentry_capture._reports import RENDERINGS, compare, read_report

    difference = compare(read_report(options.before), read_report(options.after))
    _write(sys.stdout, RENDERINGS[options.format](difference))
    return _DIFFERENCES if options.exit_code and not difference.is_empty else 0


def _render(options: argparse.Namespace) -> int:
    from pytest_sentry_capture._reports import ReportError, page_of, replace_file

    if options.output.suffix.lower() not in _PAGES:
        raise ReportError(f"{options.output} has an unknown suffix; a page is a file such as monitoring.html.")
    page = page_of(options.report, options.since)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    replace_file(options.output, page)
    return 0


def _combine(options: argparse.Namespace) -> int:
    from pytest_sentry_capture._run import combine
    from pytest_sentry_capture._text import printable

    with _without_garbage_collection():
        combined = combine(
            options.shards,
            output=options.output,
            check=options.check,
            strict=options.strict,
            expected=options.expect,
            folder=Path.cwd(),
        )
    _write(sys.stdout, "".join(f"{printable(line)}\n" for line in combined.lines))
    return _FAILURE if combined.fails else 0


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Large reports are millions of objects without circles, which Python would look through again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _schema(options: argparse.Namespace) -> int:  # noqa: ARG001  (every command is given them)
    _write(sys.stdout, (Path(__file__).parent / "_reports" / "report.schema.json").read_text(encoding="utf-8"))
    return 0


def _number_of_shards(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of shards, such as 5")
    return int(text)


def _write(stream: TextIO, text: str) -> None:
    """Write, with a ``?`` for each character that the encoding of a terminal or a file does not have."""
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sentry-contract", description="Compare and show what test runs sent to Sentry."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    diff = commands.add_parser(
        "diff",
        help="compare the JSON reports of two runs",
        description="Compare the reports of two runs, which pytest --sentry-report=PATH.json writes: lost and gained"
        " reports, fields sent in clear, and volume.",
    )
    diff.set_defaults(run=_diff)
    diff.add_argument("before", type=Path, metavar="BEFORE.json", help="the report of the first run")
    diff.add_argument("after", type=Path, metavar="AFTER.json", help="the report of the second run")
    diff.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="text by default")
    diff.add_argument("--exit-code", action="store_true", help="exit with 1 if the runs differ")
    render = commands.add_parser(
        "render",
        help="make a page of a run's JSON report",
        description="Make one HTML file of a report, which pytest --sentry-report=PATH.json writes: the same page that"
        " --sentry-report=PATH.html writes. It loads nothing and is readable without JavaScript.",
    )
    render.set_defaults(run=_render)
    render.add_argument("report", type=Path, metavar="RUN.json", help="the report of the run")
    render.add_argument("-o", "--output", type=Path, required=True, metavar="PATH.html", help="the file to write")
    render.add_argument("--since", type=Path, metavar="OLD.json", help="an older report, to show what changed since")
    combine = commands.add_parser(
        "combine",
        help="combine the JSON reports of shards",
        description="Combine the reports of runs that each ran a part of the tests, which pytest"
        " --sentry-report=PATH.json writes: rules, waivers, unused entries and contracts are judged as in one run of"
        " all tests. The exit code is 1 if that fails.",
    )
    combine.set_defaults(run=_combine)
    combine.add_argument("shards", type=Path, nargs="+", metavar="SHARD.json", help="the report of a shard")
    combine.add_argument("-o", "--output", type=Path, metavar="RUN.json", help="the combined report to write")
    combine.add_argument(
        "--check", action="store_true", help="compare with the contract, and fail if a shard or a test is missing"
    )
    combine.add_argument("--strict", action="store_true", help="fail as pytest --sentry-strict does")
    combine.add_argument(
        "--expect", type=_number_of_shards, metavar="N", help="the number of shards, if the tests were split by paths"
    )
    schema = commands.add_parser(
        "schema",
        help="print the JSON Schema of reports",
        description="Print the JSON Schema (draft 2020-12) of what pytest --sentry-report=PATH.json writes.",
    )
    schema.set_defaults(run=_schema)
    return parser


if __name__ == "__main__":
    sys.exit(main())
