"""Configurations and options: both files, every mistake at once with its place and what is valid."""

from __future__ import annotations

import pytest

RULES = (
    "server-errors-captured, failed-jobs-captured, accepted-by-sentry, forbidden-data, max-breadcrumbs,"
    " max-event-bytes, no-callback-errors, no-pii, no-scope-bleed, no-silent-loss and 4 more"
)
CRITERIA = (
    "level, breadcrumbs, contexts, environment, exception, exception_message, extra, fingerprint, handled, job"
    " and 15 more"
)
KINDS = "event, segment, attachment, check_in, client_report, feedback, log, metric, profile, session and 2 more"
OPTIONS_OF_FORBIDDEN_DATA = "allow, keys, paths, patterns, severity"
WRONG = """\
strict = true
rulez = 1

[rules]
server-errors-capturd = true
server-errors-captured = { except_status = ["503"], severity = "warning" }
required-tags = true
required-context = 5
max-event-bytes = "big"
max-breadcrumbs = { number = true }
forbidden-data = { keyz = ["a"], patterns = ["("] }
tag-values.tags = { plan = 5, order = { regex = "(" }, shop = { regexp = "a" } }
no-scope-bleed = { allow = "x" }
no-silent-loss = { paths = "tests" }
no-callback-errors = 1

[[expect]]
name = "first"
levl = "error"
captured = false

[[expect]]  # the second
name = 3
captured = "no"
kind = "evnt"

[[expect]]
name = "first"
captured = false
event = { level = "error" }

[[expect]]
name = "server-errors-captured"
captured = true
message = { regex = "(" }
event = { levle = "error" }

[[expect]]
name = " "
captured = false
where = { "stauts" = 1 }
"""
NO_REGEX = "not a valid regex: missing ), unterminated subpattern at position 0"
NO_PATTERN = (
    "expect['a'].message: message={'regx': 'card'} matches nothing, because message is a string. Pass a"
    ' string, re.compile(…), which is { regex = "…" } in a configuration, a predicate, None, or a list of these'
)
NO_PATH = (
    "is not a path of test files, relative to the folder of the configuration: use files, folders and patterns with"
    " *, such as 'tests/api'"
)
KEYS = "expect, extends, masks, nested, relay, rules, sampling"
MISTAKES = [
    (1, "strict is the ini option sentry_strict, not a key of the configuration"),
    (2, f"unknown key 'rulez'; did you mean 'rules'? Valid: {KEYS}"),
    (5, f"unknown rule 'server-errors-capturd'; did you mean 'server-errors-captured'? Valid: {RULES}"),
    (6, "rules.server-errors-captured.severity: unknown value 'warning'; did you mean 'warn'? Valid: fail, warn"),
    (6, "rules.server-errors-captured.except_status[0]: must be a whole number, not '503'"),
    (7, "rules.required-tags.tags: tags is missing"),
    (8, "rules.required-context.always: must be a list, not 5"),
    (9, "rules.max-event-bytes.bytes: must be a whole number, not 'big'"),
    (10, "rules.max-breadcrumbs.number: must be a whole number, not True"),
    (
        11,
        f"rules.forbidden-data: unknown option 'keyz'; did you mean 'keys'? Valid: {OPTIONS_OF_FORBIDDEN_DATA}",
    ),
    (11, f"rules.forbidden-data.patterns[0]: {NO_REGEX}"),
    (12, "rules.tag-values.tags['plan']: must be a list, not 5"),
    (12, f"rules.tag-values.tags['order'].regex: {NO_REGEX}"),
    (12, "rules.tag-values.tags['shop'].regex: regex is missing"),
    (12, "rules.tag-values.tags['shop']: unknown option 'regexp'; did you mean 'regex'? Valid: regex"),
    (13, "rules.no-scope-bleed.allow: must be a list, not 'x'"),
    (14, "rules.no-silent-loss.paths: must be a list, not 'tests'"),
    (15, "rules.no-callback-errors: must be true, false or a table of options, not 1"),
    (19, f"expect['first'].levl: unknown criterion for kind 'event': 'levl'; did you mean 'level'? Valid: {CRITERIA}"),
    (23, "expect[1].name: must be a string, not 3"),
    (24, "expect[1].captured: must be true or false, not 'no'"),
    (25, f"expect[1].kind: unknown kind 'evnt'; did you mean 'event'? Valid: {KINDS}"),
    (28, "expect[2].name: 'first' is taken"),
    (30, "expect['first'].event says what a captured item looks like, but captured is false"),
    (33, "expect[3].name: 'server-errors-captured' is taken"),
    (35, f"expect['server-errors-captured'].message: {NO_REGEX}"),
    (
        36,
        (
            "expect['server-errors-captured'].event.levle: unknown criterion for kind 'event': 'levle'; did you mean"
            f" 'level'? Valid: {CRITERIA}"
        ),
    ),
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile("def test():\n    pass")
    return pytester


def errors(project: pytest.Pytester, *args: str) -> list[str]:
    """What a run says that does not begin, without pytest's own word for it."""
    result = project.runpytest_inprocess(*args)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stdout.lines == []
    return "\n".join(result.stderr.lines).removeprefix("ERROR: ").strip().splitlines()


@pytest.mark.parametrize(
    ("file", "prefix", "shift"), [("sentry_capture.toml", "", 0), ("pyproject.toml", "tool.sentry_capture", 1)]
)
def test_every_mistake_is_reported_with_its_place(project: pytest.Pytester, file: str, prefix: str, shift: int) -> None:
    text = WRONG
    if prefix:
        text = f"[{prefix}]\n{WRONG}".replace("[rules]", f"[{prefix}.rules]").replace("[expect]", f"[{prefix}.expect]")
    (project.path / file).write_text(text)

    told = errors(project)

    assert told[: len(MISTAKES)] == [f"{file}:{line + shift}: {mistake}" for line, mistake in MISTAKES]
    [blank, unknown] = told[len(MISTAKES) :]
    assert blank == f"{file}:{39 + shift}: expect[4].name must not be empty"
    assert unknown.startswith(f"{file}:{41 + shift}: expect[4].where: 'stauts' in where: unknown attribute of kind")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("rules = ['a']", "rules must be a table, not ['a']"),
        ("expect = { a = 1 }", "expect must be an array of tables: [[expect]]"),
        ("expect = [1]", "expect[0] must be a table, not 1: [[expect]]"),
        ("rules.max-event-bytes = 0", "rules.max-event-bytes: bytes must be at least 1, not 0"),
        ("rules.max-breadcrumbs = -1", "rules.max-breadcrumbs: number must be at least 0, not -1"),
        ('rules."required-tags" = []', "rules.required-tags: tags must not be empty"),
        ("[rules.required-context]", "rules.required-context: always and when_authenticated must not both be empty"),
        ("rules.tag-values.tags = {}", "rules.tag-values: tags must not be empty"),
        (
            "rules.tag-values.tags = { a = [] }",
            "rules.tag-values.tags['a']: must not be empty: no value would be allowed",
        ),
        ('rules.required-tags = [""]', "rules.required-tags.tags[0]: the name of a tag must not be empty"),
        (
            'rules.required-tags = { tags = ["a"], kinds = ["event", "segmnt"] }',
            (
                "rules.required-tags.kinds[1]: unknown value 'segmnt'; did you mean 'segment'? Valid: event, segment,"
                " transaction"
            ),
        ),
        (
            'rules.required-context = ["user.id", ""]',
            "rules.required-context.always[1]: '' is not a path. Paths look like 'user.id'",
        ),
        (
            'rules.required-context = ["a..b"]',
            "rules.required-context.always[0]: 'a..b' is not a path. Paths look like 'user.id'",
        ),
        (
            'rules.forbidden-data = { patterns = [""] }',
            "rules.forbidden-data.patterns[0]: must not be empty: an empty regex is found in everything",
        ),
        ("[[expect]]\ncaptured = true", "expect[0].name: name is missing"),
        (
            'expect = [{ name = "a", captured = false, kind = "evnt" }]',
            f"expect['a'].kind: unknown kind 'evnt'; did you mean 'event'? Valid: {KINDS}",
        ),
        (
            'expect = [{ name = "a", captured = false, message = { regx = "card" } }]',
            NO_PATTERN,
        ),
        *(
            (
                f'rules.no-silent-loss.paths = ["{path}"]',
                f"rules.no-silent-loss.paths[0]: {path!r} {NO_PATH}",
            )
            for path in ("", "test_x.py::test_x", "/etc", "../x")
        ),
    ],
)
def test_other_mistakes(project: pytest.Pytester, text: str, mistake: str) -> None:
    (project.path / "sentry_capture.toml").write_text(text)

    assert errors(project) == [f"sentry_capture.toml:1: {mistake}"]


IN_SEVERAL_LINES = """
masks = [
  "n/a",  # a "mask", with a [ in its comment
  { regex = "a*" },
]

[rules]
forbidden-data = { severity = "warn", keys = ["iban",
  "pin", ""], patterns = [{ regex = "x" }] }
required-context = [
  "user.id",
  "a..b",
]
required-tags = { kinds = ["event"], tags = ["a", [
  ], 3,
  "b"], paths = ["tests", # "a", "b"
  "/etc"] }
tag-values = { tags = { plan = ["free"], shop = [
  "a",
  4 ] } }
"""


def test_an_entry_of_several_lines_is_reported_by_its_own_line(project: pytest.Pytester) -> None:
    (project.path / "sentry_capture.toml").write_text(IN_SEVERAL_LINES)

    told = errors(project)

    assert [line.partition(": must")[0].partition(": '")[0].partition(": {")[0] for line in told] == [
        "sentry_capture.toml:9: rules.forbidden-data.keys[2]",
        "sentry_capture.toml:12: rules.required-context.always[1]",
        "sentry_capture.toml:14: rules.required-tags.tags[1]",
        "sentry_capture.toml:15: rules.required-tags.tags[2]",
        "sentry_capture.toml:20: rules.tag-values.tags['shop'][1]",
        "sentry_capture.toml:4: masks[1]",
    ]


MISTAKES_IN_FORM = [
    (
        "rules.forbidden-data.patterns = ['DE[0-9]+', \"it's\"]",
        [
            "rules.forbidden-data.patterns[0]: a string is not a pattern; write { regex = 'DE[0-9]+' }",
            'rules.forbidden-data.patterns[1]: a string is not a pattern; write { regex = "it\'s" }',
        ],
    ),
    (
        "rules.forbidden-data.patterns = [5]",
        ["rules.forbidden-data.patterns[0]: must be a pattern, such as { regex = '[0-9]{16}' }, not 5"],
    ),
    (
        "rules.forbidden-data.keys = ['pass.*']",
        [
            (
                "rules.forbidden-data.keys[0]: 'pass.*' looks like a regex. Keys are whole words of names; a regex"
                " stands in patterns: patterns = [{ regex = 'pass.*' }]"
            )
        ],
    ),
    (
        "rules.tag-values.tags = { plan = '^pro' }",
        [
            (
                "rules.tag-values.tags['plan']: a string is neither a list nor a pattern; write ['^pro'] or"
                " { regex = '^pro' }"
            )
        ],
    ),
    (
        "masks = 'x'",
        ["masks must be a list of strings and patterns, not 'x'"],
    ),
    (
        "masks = [5]",
        ["masks[0]: must be a string or a pattern, not 5"],
    ),
    (
        "masks = ['']",
        ["masks[0]: '' matches the empty text; a mask must match masks only"],
    ),
    (
        "masks = ['n/a', { regex = '.*' }]",
        ["masks[1]: { regex = '.*' } matches the empty text; a mask must match masks only"],
    ),
    (
        "masks = [{ regex = '[a-z]+' }, { regex = '.{9}' }, { regex = '[0-9a-f-]{36}' }]",
        [
            "masks[0]: { regex = '[a-z]+' } matches 'a', which may be a real value; a mask must match masks only",
            "masks[1]: { regex = '.{9}' } matches 'password1', which may be a real value; a mask must match masks only",
            (
                "masks[2]: { regex = '[0-9a-f-]{36}' } matches '6fa459ea-ee8a-3ca4-894e-db77e160355e', which"
                " may be a real value; a mask must match masks only"
            ),
        ],
    ),
    (
        "masks = [{ regex = '(' }]",
        ["masks[0].regex: not a valid regex: missing ), unterminated subpattern at position 0"],
    ),
    (
        "masks = [{ regx = 'x' }]",
        ["masks[0]: unknown option 'regx'; did you mean 'regex'? Valid: regex", "masks[0].regex: regex is missing"],
    ),
]


@pytest.mark.parametrize(("text", "mistakes"), MISTAKES_IN_FORM)
def test_mistakes_in_masks_keys_and_patterns(project: pytest.Pytester, text: str, mistakes: list[str]) -> None:
    (project.path / "sentry_capture.toml").write_text(text)

    assert errors(project) == [f"sentry_capture.toml:1: {mistake}" for mistake in mistakes]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"sentry_capture.toml": "", "pyproject.toml": "[tool.sentry_capture]"},
            "there are two configurations, in sentry_capture.toml and in pyproject.toml. Delete one of them",
        ),
        (
            {"sentry_capture.toml": "rules"},
            "sentry_capture.toml is not valid TOML: Expected '=' after a key in a key/value pair (at end of document)",
        ),
        (
            {"pyproject.toml": "[tool]\nsentry_capture = 5"},
            "pyproject.toml: tool.sentry_capture must be a table, not 5",
        ),
        (
            {"pyproject.toml": "[project]\n\n[tool.sentry-capture.rules]\nno-silent-loss = true"},
            "pyproject.toml:3: [tool.sentry-capture] is not read. Use [tool.sentry_capture]",
        ),
        (
            {"pyproject.toml": "[sentry_capture.rules]\n"},
            "pyproject.toml:1: [sentry_capture] is not read. Use [tool.sentry_capture]",
        ),
        (
            {"pyproject.toml": "[[tool.pytest_sentry_capture.expect]]\n"},
            "pyproject.toml:1: [tool.pytest_sentry_capture] is not read. Use [tool.sentry_capture]",
        ),
    ],
)
def test_files_that_are_not_configuration(project: pytest.Pytester, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (project.path / name).write_text(text)

    assert errors(project) == [message]


def test_an_ini_option_that_is_neither_true_nor_false(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nsentry_strict = maybe\nsentry_show = maybe")

    assert errors(project) == [
        "sentry_show: unknown value 'maybe'. Valid: full, no, short, values",
        "sentry_strict must be true or false",
    ]


def test_a_configuration_that_can_not_be_read(project: pytest.Pytester) -> None:
    (project.path / "sentry_capture.toml").mkdir()

    assert errors(project) == ["sentry_capture.toml can't be read: Is a directory"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool.other]\nname = 'sentry_capture'",
        "[project]\nname = '[tool.sentry-capture]'",
        "[project]\ndescription = '''\n[sentry-capture]\n'''",
        "[tool.sentry]",
    ],
)
def test_another_pyproject_is_none_of_our_business(project: pytest.Pytester, text: str) -> None:
    (project.path / "pyproject.toml").write_text(text)

    result = project.runpytest_inprocess()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("sentry: * from *")


@pytest.mark.parametrize(("number", "rules"), [(1, "1 rule"), (2, "2 rules")])
def test_the_header_says_which_rules_there_are(project: pytest.Pytester, number: int, rules: str) -> None:
    text = "rules.no-silent-loss = true\nrules.no-scope-bleed = true".splitlines()[:number]
    (project.path / "sentry_capture.toml").write_text("\n".join(text))

    project.runpytest_inprocess().stdout.fnmatch_lines([f"sentry: {rules} from sentry_capture.toml"])


OPTIONS = [
    "sentry_network: unknown value 'blok'; did you mean 'block'? Valid: allow, block",
    "sentry_show: unknown value 'shrt'; did you mean 'short'? Valid: full, no, short, values",
    "sentry_contract: unknown value 'chek'; did you mean 'check'? Valid: check, off, update",
    "sentry_network_hosts: 'http://x' is not a host name. Write it without scheme, port and path: o1.ingest.sentry.io",
    "sentry_report: 'a.pdf' has an unknown suffix; valid: .html, .json, .md, .txt",
]


def test_mistakes_in_options(project: pytest.Pytester) -> None:
    (project.path / "sentry_capture.toml").write_text("rule = 1")
    args = ("--sentry-network=blok", "--sentry-network-hosts=http://x", "--sentry-show=shrt", "--sentry-contract=chek")

    told = errors(project, *args, "--sentry-report=a.pdf", "--sentry-report=b.md")

    assert told == [
        *OPTIONS,
        f"sentry_capture.toml:1: unknown key 'rule'; did you mean 'rules'? Valid: {KEYS}",
    ]


def test_mistakes_in_ini_options(project: pytest.Pytester) -> None:
    with (project.path / "tox.ini").open("a") as ini:
        ini.write(
            "\nsentry_network = blok\nsentry_network_hosts = http://x\nsentry_show = shrt\nsentry_contract = chek\n"
            "sentry_report = a.pdf b.md\n"
        )

    assert errors(project) == OPTIONS


def test_the_command_line_outdoes_ini_options(project: pytest.Pytester) -> None:
    with (project.path / "tox.ini").open("a") as ini:
        ini.write("\nsentry_strict = true\nsentry_report = a.md b.json\nsentry_contract = check\n")
    (project.path / "sentry_capture.toml").write_text("rules.no-silent-loss = true")

    (project.path / "sentry-contract.toml").write_text("version = 2")

    by_ini = project.runpytest_inprocess()
    by_command_line = project.runpytest_inprocess("--sentry-contract=off", "--sentry-report=c.txt")

    assert by_ini.ret == by_command_line.ret == pytest.ExitCode.TESTS_FAILED
    by_ini.stdout.fnmatch_lines(
        [
            "sentry-contract.toml was not checked: nothing could be captured in this run.",
            "Sentry report: a.md",
            "Sentry report: b.json",
            "*each of these fails the run*",
        ]
    )
    by_command_line.stdout.no_fnmatch_line("sentry-contract.toml*")
    assert sorted(file.name for file in project.path.iterdir() if file.suffix in (".md", ".json", ".txt")) == [
        "a.md",
        "b.json",
        "c.txt",
    ]
