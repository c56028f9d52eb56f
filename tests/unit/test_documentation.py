"""The documentation is true: each example on its pages is run, and each output that they show is what is printed.

The code blocks of a page are put into a folder in the order in which they stand there, and pytest is run in it:

- ``python``: a file, named by the block's ``title``. Without one, a test module. In a test module each test passes,
except
  for those whose ``def`` line ends with the comment ``# fails``.
- ``toml``, ``ini``: a configuration file, named by its title. It is in effect, and read by the plugin's own reader. A
  ``pyproject.toml`` with a ``[project]`` is that of a package, which is installed from then on.
- ``console``: ``$ pytest …`` and ``$ sentry-contract …`` are run there and then, ``$ cat FILE`` shows a file. What
  stands below a command is compared line by line. A line ``...`` stands for any lines.
- ``text``: lines that stand in the output of one of the folder's runs or, with a title, the whole content of that file.
- ``json``: is read, by its schema where the page has one, and is a file if it has a title.
- ``diff``: changes the file that its title names. It is a fix: from then on every test passes.
- ``sh``: pytest and sentry-contract are run, and what pip is asked for is a requirement, of this project with extras
  that it has. Of a program the last part of its path counts: ``before/bin/pytest`` is pytest. ``python -m venv`` is
  for readers alone.
- ``yaml``: a workflow of GitHub Actions. Its steps are looked at like ``sh``.
- ``javascript``: is run in the tests of the server. No other language may be used, and no block be without one.

A comment before a block says what can't be seen there: ``<!-- new folder -->`` starts again (every folder begins with
the application of the tutorial), ``<!-- exit code N -->`` is for a command that fails without a failing test.
``<!-- file NAME: PATH -->`` puts a file of the checkout into the folder, ``<!-- files of PAGE -->`` the Python files of
another page.

``<!-- sentry-sdk 2 -->`` and ``<!-- sentry-sdk 3 -->`` are for a block that is otherwise on the other SDK. There
only its syntax is looked at, and that what it names of the plugin exists.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import fields
from importlib import metadata
from itertools import pairwise, product
from pathlib import Path
from types import MethodDescriptorType
from typing import Any, NamedTuple, get_args

# Imported here so that the runs find them loaded.
import fastapi.testclient  # noqa: F401
import httpx  # noqa: F401
import jsonschema_rs
import pytest
import sentry_sdk
import yaml
from markdown_it import MarkdownIt
from packaging.requirements import Requirement

import pytest_sentry_capture
from any_sdk import IS_3
from checkout import CHECKOUT, REPORT_SCHEMA
from pytest_sentry_capture._assertions.matching import CRITERIA
from pytest_sentry_capture._recording.entries import DISCARD_REASONS
from pytest_sentry_capture._reports.contract.contract_file import Contract, ContractError
from pytest_sentry_capture._rules.built_in import BUILT_IN_RULES
from pytest_sentry_capture._run.settings.configuration import read_configuration
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._sdk.versions import REMOVED_OPTIONS
from run_reports import sentry_contract

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOCS = CHECKOUT / "docs"
PAGES = (CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md")))
TUTORIAL = DOCS / "tutorial.md"
REFERENCE = DOCS / "reference"
SCHEMAS = {"report-json.md": json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))}

NEEDS = {"shards.md": pytest.mark.needs("pytest-split")}
"""What a page is about that only the extra of tests brings."""

DISTRIBUTION = "pytest-sentry-contract"
INSTALLED_SDK = "3" if IS_3 else "2"
"""Which blocks are run: those for 2 are for what is older too."""
OTHER_SDK = "2" if IS_3 else "3"
RUN_ELSEWHERE = ("javascript",)
PROGRAMS = ("pytest", "sentry-contract", "pip", "cat", "python")
EXTRAS = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
APPLICATION = ("shop.py", "conftest.py")
ANY_LINES = "..."
OWNERS = {
    "sentry_capture": pytest_sentry_capture.SentryCapture,
    "sentry_server": pytest_sentry_capture.SentryServer,
    "event": pytest_sentry_capture.CapturedEvent,
    "segment": pytest_sentry_capture.CapturedSegment,
    "transaction": pytest_sentry_capture.CapturedTransaction,
}
"""What the names of the documentation stand for."""

FAILS = re.compile(r"^ *(?:async )?def (test_\w+)\(.*:  # fails$", re.MULTILINE)
DURATION = re.compile(r"\bin \d+\.\d\ds(?= =|$)")


class Block(NamedTuple):
    """A code block, and what the comments before it say."""

    place: str
    language: str
    title: str
    text: str
    starts_folder: bool
    exit_code: int | None
    sdk: str | None
    files: dict[str, str]
    files_of: Sequence[str]

    @property
    def name(self) -> str:
        return self.title or f"test_line_{self.place.rpartition(':')[2]}.py"


def blocks_of(page: str, text: str) -> Iterator[Block]:
    comments: list[str] = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "html_block":
            comments += re.findall(r"<!-- (.*?) -->", token.content)
        elif token.type in ("fence", "code_block"):
            place = f"{page}:{token.map[0] + 1 if token.map else 0}"
            language, _, rest = token.info.partition(" ")
            title = re.fullmatch(r'title="([\w./-]+)"', rest)
            assert title or not rest, f"{place}: the one attribute of a block is title, not {rest!r}"
            codes = [int(comment.split()[-1]) for comment in comments if comment.startswith("exit code ")]
            sdks = [comment.split()[-1] for comment in comments if comment.startswith("sentry-sdk ")]
            assert set(sdks) <= {"2", "3"}, f"{place}: {sdks} are no SDKs"
            yield Block(
                place,
                language,
                title[1] if title else "",
                token.content,
                starts_folder="new folder" in comments,
                exit_code=codes[0] if codes else None,
                sdk=sdks[0] if sdks else None,
                files=dict(re.findall(r"^file (\S+): (\S+)$", "\n".join(comments), re.MULTILINE)),
                files_of=[comment.split()[-1] for comment in comments if comment.startswith("files of ")],
            )
            comments.clear()


def application() -> list[Block]:
    """The files that every folder begins with."""
    blocks = blocks_of(TUTORIAL.name, TUTORIAL.read_text(encoding="utf-8"))
    return [block for block in blocks if block.language == "python" and block.title in APPLICATION]


class ExampleFolder:
    """A folder in which examples of a page are run.

    Args:
        pytester: runs pytest.
        path: the folder.
        left_out: pytest plugins that the page is not about.
    """

    def __init__(self, pytester: pytest.Pytester, path: Path, left_out: Sequence[str] = ()) -> None:
        self._pytester = pytester
        self._path = path
        self._fails: set[str] = set()
        self._unrun: set[str] = set()
        self._writes = 0
        self._outputs: list[list[str]] = []
        self._shown: list[Block] = []
        left_out = ("cacheprovider", "randomly", "hypothesispytest", "schemathesis", *left_out)
        self._args = [argument for name in left_out for argument in ("-p", f"no:{name}")]
        self._args += ["-o", "asyncio_default_fixture_loop_scope=function", f"--rootdir={path}"]
        for block in application():
            self._write(block)

    def add(self, block: Block) -> None:
        for name, source in block.files.items():
            shutil.copyfile(CHECKOUT / source, self._path / name)
        for source in block.files_of:
            for each in blocks_of(source, (CHECKOUT / source).read_text(encoding="utf-8")):
                if each.language == "python" and each.title:
                    self._write(each)
        add_by_language = {
            "python": self._add_python,
            "toml": self._add_configuration,
            "ini": self._add_configuration,
            "console": self._follow,
            "text": self._compare,
            "diff": self._change,
            "json": self._add_json,
            "sh": self._follow_script,
            "yaml": self._follow_workflow,
        }
        if block.sdk not in (None, INSTALLED_SDK):
            check_unrun(block)
        elif block.language not in RUN_ELSEWHERE:
            assert block.language in add_by_language, f"{block.place}: the language {block.language!r} is not run"
            add_by_language[block.language](block)

    def finish(self) -> None:
        """Run the test modules that no command of the page has run, and look for what is shown of all runs."""
        if self._unrun:
            self._run(sorted(self._unrun), ", ".join(self._unrun))
        for block in self._shown:
            lines = comparable(block.text.splitlines())
            printed = [line for output in self._outputs for line in output]
            assert any(is_part(lines, output) for output in self._outputs), not_printed(block.place, lines, printed)

    def _add_python(self, block: Block) -> None:
        self._write(block)
        ast.parse(block.text)
        if Path(block.name).name.startswith("test_"):
            self._unrun.add(block.name)
            self._fails |= {f"{block.name}::{name}" for name in FAILS.findall(block.text)}

    def _add_configuration(self, block: Block) -> None:
        self._write(block)
        name = Path(block.title).name
        if name == "pyproject.toml" and "project" in (content := tomllib.loads(block.text)):
            self._install((self._path / block.name).parent, content["project"])
        elif block.title == "sentry-contract.toml":
            assert Contract.parse(block.text).rows, f"{block.place}: a contract without rows"
        elif name in ("pyproject.toml", "sentry_capture.toml"):
            ours = name == "sentry_capture.toml" or "[tool.sentry_capture" in block.text
            file = read_configuration((self._path / block.name).parent).file
            assert file == (name if ours else ""), f"{block.place}: {file!r} was read"
        elif block.language == "toml" and name:  # a policy, which is read where a configuration extends it
            tomllib.loads(block.text)
        else:
            assert block.title == "pytest.ini", f"{block.place}: nobody reads {block.title!r}"

    def _install(self, folder: Path, project: dict[str, Any]) -> None:
        """Have Python find a package, and its entry points, as pip would with ``--editable``."""
        info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
        lines = [
            line
            for group, points in project.get("entry-points", {}).items()
            for line in [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
        ]
        (info / "entry_points.txt").write_text("\n".join(lines))
        self._pytester.syspathinsert(folder)

    def _write(self, block: Block) -> None:
        file = self._path / block.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
        self._writes += 1
        os.utime(file, (self._writes, self._writes))  # Python tells by its time, in seconds, that a file has changed

    def _change(self, block: Block) -> None:
        before, after = (
            "".join(line[1:] or line for line in block.text.splitlines(keepends=True) if line[0] in f"{kept}\n")
            for kept in (" -", " +")
        )
        now = (self._path / block.name).read_text(encoding="utf-8")
        assert now.count(before) == 1, f"{block.place}: {block.name} has these lines {now.count(before)} times"
        self._fails.clear()
        self._write(block._replace(text=now.replace(before, after)))

    def _add_json(self, block: Block) -> None:
        jsonschema_rs.validate(SCHEMAS.get(block.place.partition(":")[0], {}), json.loads(block.text))
        self._write(block)

    def _follow_script(self, block: Block) -> None:
        for line in block.text.splitlines():
            program, args = program_of(line.partition(" >> ")[0])
            if program == "pytest":
                self._run(args, block.place)
            elif program == "sentry-contract":
                self._compare_runs(args, block.place, block.exit_code)
            elif program == "pip":
                check_requirements(args[1:], block.place)
            else:
                assert [program, *args[:2]] == ["python", "-m", "venv"], f"{block.place}: {program} is not run"

    def _follow_workflow(self, block: Block) -> None:
        artifacts: dict[str, tuple[str, str]] = {}
        for job in yaml.safe_load(block.text)["jobs"].values():
            for step in steps_of(job):
                assert "uses" in step or "run" in step, f"{block.place}: a step that does nothing: {step}"
                self._follow_script(block._replace(text=step.get("run", "")))
                self._pass_on(step, artifacts)

    def _pass_on(self, step: dict[str, Any], artifacts: dict[str, tuple[str, str]]) -> None:
        """Keep a file for later jobs, or give all of them that were kept to this one, each in a folder of its name."""
        if step.get("uses", "").startswith("actions/upload-artifact@"):
            name, path = step["with"]["name"], step["with"]["path"]
            artifacts[name] = path, (self._path / path).read_text(encoding="utf-8")
        elif step.get("uses", "").startswith("actions/download-artifact@"):
            for name, (path, text) in artifacts.items():
                (self._path / name).mkdir(exist_ok=True)
                (self._path / name / Path(path).name).write_text(text, encoding="utf-8")

    def _follow(self, block: Block) -> None:
        first, *parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        assert not first, f"{block.place}: a console block begins with a command"
        assert parts, f"{block.place}: a console block begins with a command"
        for part in parts:
            command, _, shown = part.partition("\n")
            program, args = program_of(command)
            if program == "cat":
                printed = (self._path / args[0]).read_text(encoding="utf-8").splitlines()
            elif program == "sentry-contract":
                printed = self._compare_runs(args, block.place, block.exit_code)
            else:
                assert program == "pytest", f"{block.place}: {program} is not run"
                printed = self._run(args, block.place, block.exit_code)
            compare(shown.splitlines(), printed, block.place)

    def _compare(self, block: Block) -> None:
        if block.title:
            printed = (self._path / block.title).read_text(encoding="utf-8").splitlines()
            compare(block.text.splitlines(), printed, block.place)
        else:
            self._shown.append(block)

    def _compare_runs(self, args: Sequence[str], place: str, exit_code: int | None) -> list[str]:
        with redirect_stdout(io.StringIO()) as printed:
            code = sentry_contract(*args)
        assert code == (exit_code or 0), f"{place}: the exit code is {code}"
        output = comparable(printed.getvalue().splitlines())
        self._outputs.append(output)
        return output

    def _run(self, args: Sequence[str], place: str, exit_code: int | None = None) -> list[str]:
        sentry_sdk.get_global_scope().set_client(None)  # that of the run before: they share this process
        with ThreadPoolExecutor() as executor:  # stack traces of the examples have no frames of this test in them
            result = executor.submit(self._pytester.runpytest_inprocess, *self._args, *args).result()
        output = comparable(result.outlines + result.errlines)
        self._outputs.append(output)
        recorder = result.reprec  # type: ignore[attr-defined]  # something else where pytest has not even started
        failed: dict[str, bool] = {}
        for report in (
            recorder.getreports("pytest_runtest_logreport") if isinstance(recorder, pytest.HookRecorder) else ()
        ):
            assert not report.skipped, f"{place}: {report.nodeid} is skipped: {report.longrepr}"
            failed[report.nodeid] = failed.get(report.nodeid, False) or report.failed
        should_fail = {test: _function(test) in self._fails for test in failed}
        text = "\n".join(output)
        assert failed == should_fail, f"{place}: other tests fail than should\n{text}"
        expected = int(any(should_fail.values())) if exit_code is None else exit_code
        assert int(result.ret) == expected, f"{place}: the exit code is {result.ret!r}\n{text}"
        self._unrun -= {test.partition("::")[0] for test in failed}
        return output


def steps_of(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a job, for each combination of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for values in product(*matrix.values()):
        text = json.dumps(job["steps"])
        for name, value in zip(matrix, values, strict=True):
            text = text.replace(f"${{{{ matrix.{name} }}}}", str(value))
        yield from json.loads(text)


def check_unrun(block: Block) -> None:
    """What can be said of a block that is for another SDK: its syntax, and that what it names of the plugin exists."""
    if block.language == "python":
        check_imports(block.text)
        check_calls(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "json":
        json.loads(block.text)
    elif block.language in ("console", "sh"):
        prompt = "" if block.language == "sh" else r"\$ "
        commands = re.findall(rf"^{prompt}(.+)$", block.text, re.MULTILINE)
        unknown = [command for command in commands if program_of(command)[0] not in PROGRAMS]
        assert commands, f"{block.place}: no command"
        assert not unknown, f"{block.place}: {', '.join(unknown)} is not run"
    else:
        assert block.language in ("diff", "text"), f"{block.place}: the language {block.language!r} is not for one SDK"


def check_imports(code: str) -> None:
    """What is imported from the plugin exists."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == pytest_sentry_capture.__name__:
            for name in node.names:
                getattr(pytest_sentry_capture, name.name)


def program_of(command: str) -> tuple[str, list[str]]:
    """The last part of the program's path, and the arguments."""
    program, *args = shlex.split(command)
    return program.rpartition("/")[2], args


def check_requirements(args: Sequence[str], place: str) -> None:
    """That what pip is asked for can be there."""
    for each in args:
        if each not in ("--editable", "."):
            requirement = Requirement(each)
            unknown = requirement.extras.difference(EXTRAS) if requirement.name == DISTRIBUTION else ()
            assert not unknown, f"{place}: there is no extra {', '.join(unknown)}"


def _function(node_id: str) -> str:
    """The file and the function of a test, without its class and its parameters."""
    file, *_, name = node_id.partition("[")[0].split("::")
    return f"{file}::{name}"


def comparable(lines: Sequence[str]) -> list[str]:
    """Lines without how long the run took and without spaces at their ends, which editors take away."""
    return [DURATION.sub("in 0.12s", line.rstrip()) for line in lines]


def is_part(lines: Sequence[str], printed: Sequence[str]) -> bool:
    return any(printed[start : start + len(lines)] == lines for start in range(len(printed)))


def not_printed(place: str, lines: Sequence[str], printed: Sequence[str]) -> str:
    return "\n".join([f"{place}: this was not printed:", *lines, "", "but this:", *printed])


def compare(shown: Sequence[str], printed: Sequence[str], place: str) -> None:
    """All that was printed is shown, line by line, except for what ``...`` stands for."""
    rest, shown = comparable(printed), comparable(shown)
    gaps = [-1, *(number for number, line in enumerate(shown) if line == ANY_LINES), len(shown)]
    for begin, end in pairwise(gaps):
        part = shown[begin + 1 : end]
        starts = [start for start in range(len(rest) - len(part) + 1) if rest[start : start + len(part)] == part]
        if begin == -1:
            starts = [start for start in starts if start == 0]
        if end == len(shown):
            starts = [start for start in starts if start + len(part) == len(rest)]
        assert starts, not_printed(place, part, printed)
        rest = rest[starts[0] + len(part) :]


@pytest.fixture
def try_examples(
    without_leftover_clients: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    monkeypatch.setenv("COLUMNS", "80")
    for name in "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT":  # by them syrupy recognizes a worker's run
        monkeypatch.delenv(name, raising=False)
    (pytester.path / "tox.ini").unlink()

    def try_examples(page: str, text: str) -> None:
        left_out = [plugin for plugin in ("syrupy", "inline_snapshot") if plugin not in text]
        folder: ExampleFolder | None = None
        for number, block in enumerate(blocks_of(page, text)):
            if folder is None or block.starts_folder:
                if folder is not None:
                    folder.finish()
                path = pytester.mkdir(f"folder_{number}")
                monkeypatch.chdir(path)
                folder = ExampleFolder(pytester, path, left_out)
            folder.add(block)
        if folder is not None:
            folder.finish()

    return try_examples


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=NEEDS.get(page.name, ())) for page in PAGES],
    ids=[page.relative_to(CHECKOUT).as_posix() for page in PAGES],
)
def test_the_examples_of_a_page(page: Path, try_examples: Callable[[str, str], None]) -> None:
    try_examples(page.name, page.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```python\ndef test_it():  # fails\n    pass\n```", "other tests fail than should"),
        ("```python\ndef test_it():\n    assert 0\n```", "other tests fail than should"),
        ("```python\nx = 1\n```", "the exit code is <ExitCode.NO_TESTS_COLLECTED: 5>"),
        ("```python\nimport pytest\n\ndef test_it():\n    pytest.skip('later')\n```", "is skipped"),
        ("```python\n1 +\n```", "invalid syntax"),
        ("```python linenums\nx = 1\n```", "the one attribute of a block is title, not 'linenums'"),
        ("```\nx = 1\n```", "the language '' is not run"),
        ("    x = 1\n", "the language '' is not run"),
        ("```toml\n[tool.sentry_capture.rules]\n```", "nobody reads ''"),
        ('```toml title="pyproject.toml"\n[tool.sentry_capture.rule]\n```', "unknown key 'rule'"),
        ('```toml title="sentry-contract.toml"\nversion = 1\n[[rows]]\n```', "rows"),
        ("```console\n$ pytest\nno tests ran in 0.00s\n```", "the exit code is"),
        ("<!-- exit code 5 -->\n```console\n$ pytest -q\n\nno test ran in 0.00s\n```", "this was not printed"),
        ("<!-- exit code 5 -->\n```console\n$ pytest -q\n...\nno tests ran\n```", "this was not printed"),
        ("```console\n$ cat conftest.py\nimport pytest\n```", "this was not printed"),
        ("```console\n$ make\n```", "make is not run"),
        ("```sh\nmake\n```", "make is not run"),
        ("```sh\npytest test_none.py\n```", "the exit code is"),
        ("```sh\npip install 'pytest-sentry-contract[relais]'\n```", "there is no extra relais"),
        ("```sh\npip install --upgrade\n```", "--upgrade"),
        ("```yaml\njobs: {test: {steps: [{name: test}]}}\n```", "a step that does nothing"),
        ("```yaml\njobs: {test: {steps: [{run: tox}]}}\n```", "tox is not run"),
        ("```text\nfailed\n```", "this was not printed"),
        ('```text title="shop.py"\nimport shop\n```', "this was not printed"),
        ('```diff title="shop.py"\n-no such line\n```', "shop.py has these lines 0 times"),
        ("```json\n{,}\n```", "Expecting property name"),
        ("```console\n$ sentry-contract diff a.json b.json\n```", "the exit code is 2"),
        ("```sh\npython -m pip\n```", "python is not run"),
        ("<!-- file a.py: no/such/file -->\n```python\nx = 1\n```", "no/such/file"),
        ("<!-- sentry-sdk 4 -->\n```python\nx = 1\n```", "['4'] are no SDKs"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```python\n1 +\n```", "invalid syntax"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```python\nfrom pytest_sentry_capture import Rul\n```", "attribute 'Rul'"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```python\nsentry_capture.find('logs')\n```", "'logs'"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```toml\n[rules\n```", "Expected ']'"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```console\n$ make\n```", "make is not run"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```sh\nmake\n```", "make is not run"),
        (f"<!-- sentry-sdk {OTHER_SDK} -->\n```yaml\njobs: {{}}\n```", "is not for one SDK"),
        (f"<!-- sentry-sdk {INSTALLED_SDK} -->\n```python\ndef test_it():\n    assert 0\n```", "other tests fail"),
    ],
)
def test_an_example_that_is_not_true_is_found(
    text: str, problem: str, try_examples: Callable[[str, str], None]
) -> None:
    ours = SettingsError, ContractError
    with pytest.raises((AssertionError, AttributeError, LookupError, OSError, SyntaxError, ValueError, *ours)) as error:
        try_examples("page.md", text)
    assert problem in str(error.value)


def test_an_example_that_is_true_passes(try_examples: Callable[[str, str], None]) -> None:
    try_examples(
        "page.md",
        """
<!-- exit code 5 -->
```console
$ pytest -q
...
no tests ran in 0.34s
$ cat conftest.py
import pytest
...
```
""",
    )


def test_an_example_for_another_sdk_is_not_run(try_examples: Callable[[str, str], None]) -> None:
    try_examples("page.md", f"<!-- sentry-sdk {OTHER_SDK} -->\n```python\ndef test_it():\n    assert 0\n```")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_every_call_between_the_lines_is_possible(page: Path) -> None:
    for code in inline_code(page.read_text(encoding="utf-8"), is_about_others=page.parent.name == "migrating"):
        check_calls(code)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("sentry_capture.assert_capturd()", "no attribute 'assert_capturd'"),
        ("assert_capturd()", "no attribute 'assert_capturd'"),
        ("event = sentry_capture.assert_captured(exeption=…)", "'exeption'"),
        ('sentry_capture.find("logs")', "'logs'"),
        ("sentry_server.wait_for(count=2, timeout=1, timout=1)", "'timout'"),
        ("sentry_server.outage('rezets')", "'rezets'"),
        ("sentry_capture.clear(1)", "too many positional arguments"),
        ("event.normalize()", "no attribute 'normalize'"),
    ],
)
def test_a_call_that_is_not_possible_is_found(code: str, problem: str) -> None:
    with pytest.raises((AssertionError, AttributeError, KeyError, TypeError)) as error:
        check_calls(code)
    assert problem in str(error.value)


def inline_code(text: str, *, is_about_others: bool) -> Iterator[str]:
    """The code between the lines of a page. The first columns of tables about others are theirs."""
    column = -1
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("tr_open", "table_close"):
            column = -1
        column += token.type in ("td_open", "th_open")
        if not (is_about_others and column == 0):
            yield from (child.content for child in token.children or () if child.type == "code_inline")


def check_calls(code: str) -> None:
    """What is called on the plugin's fixtures and on items exists, and takes these arguments, perhaps with others."""
    try:
        tree = ast.parse(code.replace("…", "..."))
    except SyntaxError:  # a signature, an outline
        return
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and (method := _method(call.func)) is not None:
            signature = inspect.signature(method)
            keywords = {each.arg: _value(each.value) for each in call.keywords if each.arg}
            given = signature.bind_partial(None, *map(_value, call.args), **keywords).arguments
            kind = given.get("kind", "event")
            if "criteria" in signature.parameters and isinstance(kind, str):
                criteria = CRITERIA[kind]
                assert [name for name in given.get("criteria", ()) if name not in criteria] == [], code
            for name, value in given.items():
                choices = get_args(vars(sys.modules[method.__module__]).get(signature.parameters[name].annotation))
                assert not choices or value in choices, code


def _method(function: ast.expr) -> Callable[..., object] | None:
    method: Callable[..., object] | None = None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if owner := OWNERS.get(function.value.id):
            found = getattr(owner, function.attr)
            method = None if isinstance(found, MethodDescriptorType) else found  # those are dict's
    elif isinstance(function, ast.Name) and function.id.startswith("assert_"):
        method = getattr(pytest_sentry_capture.SentryCapture, function.id)
    elif isinstance(function, ast.Name):
        owners = (pytest_sentry_capture.SentryCapture, pytest_sentry_capture.SentryServer)
        method = next((each for owner in owners if (each := getattr(owner, function.id, None))), None)
    return method


def _value(argument: ast.expr) -> object:
    return argument.value if isinstance(argument, ast.Constant) else argument


def test_every_criterion_is_in_the_table() -> None:
    page = (REFERENCE / "kinds-and-criteria.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ((?:`\w+`, )*`\w+`) \|$", page, re.MULTILINE))

    assert {kind: tuple(re.findall(r"`(\w+)`", criteria)) for kind, criteria in rows.items()} == CRITERIA


def test_every_reason_of_the_plugin_is_in_the_table() -> None:
    page = (REFERENCE / "discards.md").read_text(encoding="utf-8")

    assert [reason for reason in DISCARD_REASONS[-7:] if f"`{reason}`" not in page] == []


def options_of(rule: type[pytest_sentry_capture.Rule]) -> list[str]:
    """The options that a rule has beside those of every rule."""
    return [each.name for each in fields(rule) if each.init and each.name not in ("severity", "paths")]


def test_every_rule_has_a_section_with_its_options() -> None:
    pages = [page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("rules-about-*.md"))]
    sections = {section.partition("\n")[0]: section for page in pages for section in page.split("\n## ")[1:]}

    for name, rule in BUILT_IN_RULES.items():
        missing = [option for option in options_of(rule) if f"\n| `{option}`" not in sections[name]]
        assert missing == [], name


def test_every_rule_is_in_the_table_of_rules_with_its_options() -> None:
    page = (REFERENCE / "rules.md").read_text(encoding="utf-8")
    rows = {row[0]: row for row in re.findall(r"^\| \[([\w-]+)\]\((.+?)\) \|(.+)\|$", page, re.MULTILINE)}

    assert rows.keys() == {*BUILT_IN_RULES, "expect"}
    for name, rule in BUILT_IN_RULES.items():
        _, link, row = rows[name]
        assert link.endswith(f".md#{name}")
        assert re.findall(r"`(\w+)` \(", row.split(" | ")[1]) == options_of(rule), name


def texts_for_users() -> str:
    """Everything that users may see: the galleries, the outputs in the documentation, and the texts in the package."""
    galleries = sorted((CHECKOUT / "tests" / "plugin" / "gallery").glob("*.txt"))
    outputs = (block for page in PAGES for block in blocks_of(page.name, page.read_text(encoding="utf-8")))
    modules = sorted((CHECKOUT / "pytest_sentry_capture").rglob("*.py"))
    constants = (node for module in modules for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    texts = [
        *(gallery.read_text(encoding="utf-8") for gallery in galleries),
        *(block.text for block in outputs),
        *(node.value for node in constants if isinstance(node, ast.Constant) and isinstance(node.value, str)),
    ]
    return "\n".join(" ".join(re.sub(r"^E   ", "", text, flags=re.MULTILINE).split()) for text in texts)


def test_every_message_of_the_page_about_troubles_exists() -> None:
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = re.findall(r"^> (.+)$", page, re.MULTILINE)
    texts = texts_for_users()

    assert len(messages) > 15
    for message in messages:
        parts = [part.strip() for part in message.split("…") if part.strip(" .:;")]
        assert [part for part in parts if part not in texts] == [], message


def test_every_option_that_sentry_sdk_3_has_removed_is_in_the_table() -> None:
    compatibility = (DOCS / "compatibility.md").read_text(encoding="utf-8")

    _, _, section = compatibility.partition("## Options that sentry-sdk 3 has removed\n")
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)) == REMOVED_OPTIONS
