"""Which configuration a test file has, and where the mistakes of one stand."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_sentry_capture._run.settings.configurations import Configurations
from pytest_sentry_capture._run.settings.options import SettingsError
from pytest_sentry_capture._run.settings.source import parsed

FOLDER = st.lists(st.sampled_from("abc"), max_size=4).map(tuple)
OWN, SHARED = "sentry_capture.toml", "pyproject.toml"
CONTENT = {OWN: "", SHARED: "[tool.sentry_capture]\n"}
OTHERS = ("[tool.ruff]\n", "# sentry_capture\n", "[project]\nname = 'sentry_capture'\n")


@settings(deadline=None, max_examples=60)
@given(
    configured=st.dictionaries(FOLDER, st.sampled_from([OWN, SHARED]), max_size=4),
    others=st.dictionaries(FOLDER, st.sampled_from(OTHERS), max_size=3),
    tests=st.lists(FOLDER, min_size=1, max_size=5),
)
def test_the_nearest_folder_with_a_configuration(
    configured: dict[tuple[str, ...], str], others: dict[tuple[str, ...], str], tests: list[tuple[str, ...]]
) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        for folder in {*configured, *others, *tests}:
            root.joinpath(*folder).mkdir(parents=True, exist_ok=True)
        for folder, text in others.items():
            root.joinpath(*folder, SHARED).write_text(text)
        for folder, file in configured.items():
            root.joinpath(*folder, file).write_text(CONTENT[file])
        configurations = Configurations(root)

        for test in tests:
            above = [test[:length] for length in range(len(test) + 1)]
            [*_, nearest] = [(), *(folder for folder in above if folder in configured)]
            expected = "/".join(nearest)
            assert configurations.folder_of(root.joinpath(*test, "test_it.py")) == expected
            assert configurations.folder_of(str(PurePosixPath(*test, "test_it.py"))) == expected
            assert configurations.at(expected).folder == expected
            assert configurations.folder_of(root.joinpath("..", *test, "test_it.py")) is None


def test_a_link_to_a_folder_outside_has_the_configuration_of_where_it_stands(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    (outside / "tests").mkdir(parents=True)
    (root / "a").mkdir(parents=True)
    (root / "a" / OWN).write_text("")
    (root / "a" / "tests").symlink_to(outside / "tests")
    (tmp_path / "link").symlink_to(root)

    assert Configurations(root).folder_of(root / "a" / "tests" / "test_it.py") == "a"
    assert Configurations(root).folder_of(tmp_path / "link" / "a" / "test_it.py") == "a"
    assert Configurations(tmp_path / "link").folder_of(root / "a" / "test_it.py") == "a"


def test_nested_is_switched_off_below_the_folder_that_says_so(tmp_path: Path) -> None:
    for folder, text in ("a", "nested = false"), ("a/b", ""), ("c", "nested = true"), ("c/d", ""):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / OWN).write_text(text)
    configurations = Configurations(tmp_path)

    folders = [configurations.folder_of(tmp_path / folder / "test_it.py") for folder in ("a", "a/b", "c", "c/d")]

    assert folders == ["a", "a", "c", "c/d"]


def test_mistakes_are_reported_when_a_configuration_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / OWN).write_text("nested = 1\nruls = {}\n")
    configurations = Configurations(tmp_path)

    assert configurations.folder_of("a/test_it.py") == "a"
    for _ in range(2):
        with pytest.raises(SettingsError) as caught:
            configurations.at("a")
        assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [f"a/{OWN}:2", f"a/{OWN}:1"]


ARRAYS = """\
[tool.x]
plain = ["a", "b"]
apart = [
    # a comment, with "quotes", [ and ]
    "a ] , # no comment",
    { regex = 'b, [', other = [1, 2] },  # beside
    [
        3, 4,
    ],
    '''
    , long
    ''', "e",
]
after = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        *((("plain", index), 2) for index in (0, 1, 2)),
        *((("apart", index), line) for index, line in enumerate([5, 6, 7, 10, 12])),
        (("apart", 1, "other"), 6),
        (("apart", 9), 3),
        (("after",), 14),
        (("after", 0), 14),
        (("nowhere", 0), 1),
    ],
)
def test_the_line_of_an_element(path: tuple[str | int, ...], line: int) -> None:
    source = parsed("x.toml", ARRAYS.encode(), ("tool", "x"), Path("x.toml"))

    assert source is not None
    assert source.place(*path) == f"x.toml:{line}"


@given(
    st.lists(st.one_of(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=8)), max_size=6)
)
def test_each_element_is_found_on_its_line(elements: list[str]) -> None:
    quoted = ["'" + text.replace("'", "") + "'" for text in elements]
    text = "key = [  # the first\n" + "".join(f"{each},  # {each}\n" for each in quoted) + "]\n"
    source = parsed("x.toml", text.encode(), (), Path("x.toml"))

    assert source is not None
    assert [source.place("key", index) for index in range(len(quoted))] == [
        f"x.toml:{index + 2}" for index in range(len(quoted))
    ]
