from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.events import Event
from archive.ledger import GENESIS, Record, next_record, read_record, verify_chain

AT = datetime(2026, 11, 21, 8, 30, tzinfo=timezone(timedelta(hours=7)))


def chain(length: int) -> list[Record]:
    records: list[Record] = []
    last = None
    for number in range(length):
        record = next_record(
            last, Event.RECORD_SEARCH_PERFORMED, f"tra cứu {number}", "lưu trữ viên", AT, {"n": number, "từ": "đê điều"}
        )
        records.append(record)
        last = (record.seq, record.hash)
    return records


def test_a_record_is_what_the_format_says_it_is() -> None:
    record = next_record(None, Event.SUBMISSION_CHECKS_COMPLETED, "3f0c", "luutru", AT, {"b": "đạt", "a": 1})
    assert (
        record.body
        == (
            '{"actor":"luutru","at":"2026-11-21T01:30:00.000000Z","data":{"a":1,"b":"đạt"},'
            '"event":"submission.checks.completed","prev":"' + GENESIS + '","seq":1,"subject":"3f0c"}'
        ).encode()
    )
    assert record.hash == hashlib.sha256(record.body).hexdigest()
    assert record.at == AT and record.at.tzinfo is UTC


def test_each_record_names_the_hash_of_the_one_before() -> None:
    first, second, third = chain(3)
    assert (first.prev, second.prev, third.prev) == (GENESIS, first.hash, second.hash)
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]


def test_a_whole_chain_holds_and_so_does_its_rest() -> None:
    records = chain(20)
    assert verify_chain([]) is None
    assert verify_chain(iter(records)) is None
    assert verify_chain(records[10:], (records[9].seq, records[9].hash)) is None


@given(data=st.data())
def test_whatever_is_changed_removed_or_moved_is_the_first_bad_seq(data: st.DataObject) -> None:
    records = chain(6)
    place = data.draw(st.integers(0, 5))
    match data.draw(st.sampled_from(["body", "hash", "prev", "remove", "swap", "double"])):
        case "body":
            value = json.loads(records[place].body) | {"actor": "kẻ khác"}
            body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            records[place] = read_record(body, records[place].hash)
        case "hash":
            records[place] = dataclasses.replace(records[place], hash="f" * 64)
        case "prev":
            records[place] = dataclasses.replace(records[place], prev="f" * 64)
        case "remove" if place < 5:
            del records[place]
        case "swap" if place < 5:
            records[place], records[place + 1] = records[place + 1], records[place]
        case "double":
            records.insert(place + 1, records[place])
            place += 1
        case _:
            return
    assert verify_chain(records) == place + 1


def test_a_body_that_is_not_canonical_does_not_hold() -> None:
    (record,) = chain(1)
    body = record.body.replace(b'"n":0', b'"n": 0')
    forged = read_record(body, hashlib.sha256(body).hexdigest())
    assert verify_chain([forged]) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"seq":1}', b"null"])
def test_bytes_that_state_no_record_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        read_record(body, GENESIS)


@pytest.mark.parametrize(
    ("event", "subject", "actor", "at", "data"),
    [
        (Event.AIP_PACKAGE_WRITTEN, "a", "b", AT, {"aip_id": "x"}),
        (Event.SUBMISSION_CHECKS_COMPLETED, "", "b", AT, {}),
        (Event.SUBMISSION_CHECKS_COMPLETED, "a", "", AT, {}),
        (Event.SUBMISSION_CHECKS_COMPLETED, "a", "b", AT.replace(tzinfo=None), {}),
    ],
)
def test_an_incomplete_record_is_never_made(
    event: Event, subject: str, actor: str, at: datetime, data: dict[str, str]
) -> None:
    with pytest.raises(ValueError):
        next_record(None, event, subject, actor, at, data)
