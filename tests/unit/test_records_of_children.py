"""The frames of what children write: a damaged record costs itself alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_sentry_capture._forks.records import record, whole_records

MARK = b"\x00mark of run\xff"
CONTENTS = st.binary(max_size=30)


@given(st.lists(CONTENTS, max_size=4), st.integers(1, 40))
def test_records_are_read_in_whatever_pieces_they_come(contents: list[bytes], step: int) -> None:
    stream = b"".join(record(MARK, content) for content in contents)
    read: list[bytes] = []
    position = 0
    for seen in (*range(0, len(stream), step), len(stream)):
        found = whole_records(MARK, stream[position:seen])
        read += found.contents
        position += found.consumed

    assert read == contents


@given(st.lists(CONTENTS, min_size=1, max_size=4), st.data())
def test_a_torn_record_hides_no_other(contents: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(contents) - 1))
    records = [record(MARK, content) for content in contents]
    records[place] = records[place][: data.draw(st.integers(0, len(records[place]) - 1))]

    found = whole_records(MARK, b"".join(records))

    assert found.contents == contents[:place] + contents[place + 1 :]


@given(CONTENTS, CONTENTS, st.data())
def test_a_damaged_record_is_left_out(damaged: bytes, whole: bytes, data: st.DataObject) -> None:
    first = bytearray(record(MARK, damaged))
    first[data.draw(st.integers(0, len(first) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    found = whole_records(MARK, bytes(first) + record(MARK, whole))

    assert found.contents == [whole]


@given(st.binary(max_size=200))
def test_garbage_holds_no_record(garbage: bytes) -> None:
    found = whole_records(MARK, garbage)

    assert found.contents == []
    assert 0 <= found.consumed <= len(garbage)
