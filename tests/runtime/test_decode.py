"""What a record may be, and what each wrong one is called."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests.runtime.toy import Toy

from aftersales.runtime.causes import Cause, DeadLetter, Place, Record
from aftersales.runtime.decode import MAX_OWN_BODY, Decoder, Unreadable, well_formed

AT = datetime(2025, 5, 6, 9, tzinfo=UTC)
GOOD = b'{"account": "a", "amount": 5}'
TYPE = "toy.deposited.v1"


def record(body: bytes | None = GOOD, key: bytes | None = b"a", topic: str = "toy.commands", **headers: str) -> Record:
    envelope = {"ce_id": "one", "ce_type": TYPE, "ce_source": "shop", **headers}
    pairs = tuple((name, value.encode()) for name, value in envelope.items())
    return Record(Place(topic, 0, 7, AT), key, pairs, body)


def decoded(words: Toy, given: Record) -> Any:
    [item] = Decoder(words.service).decode(given)
    return item


def test_a_good_record_is_a_cause_with_its_arrival(words: Toy) -> None:
    cause = decoded(words, record(traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01"))
    assert isinstance(cause, Cause)
    assert (cause.subject.id, cause.arrived_at, cause.keep_body) == ("a", AT, True)
    assert cause.trace is not None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "no-body"),
        (b"", "malformed-json"),
        (b"{", "malformed-json"),
        (b"\xef\xbb\xbf" + GOOD, "malformed-json"),
        (GOOD.decode().encode("utf-16"), "malformed-json"),
        (b'{"account": "\xff", "amount": 5}', "malformed-json"),
        (b'{"account": "a", "amount": 5, "note": "\\u0000"}', "nul-character"),
        (b'{"account": "a", "amount": 5, "\\u0000": 1}', "nul-character"),
        (b'{"account": "a", "amount": 5, "note": "\\ud800"}', "malformed-json"),
        (b'{"account": "a", "amount": NaN}', "malformed-json"),
        (b'{"account": "a", "amount": Infinity}', "malformed-json"),
        (b'{"account": "a", "amount": 1e400}', "malformed-json"),
        (b'{"account": "a", "amount": 1, "amount": 999}', "duplicate-key"),
        (b'{"account": "a", "amount": 18446744073709551616}', "invalid"),
        (b'{"account": "a", "amount": ' + b"9" * 5000 + b"}", "malformed-json"),
        (b'{"account": "a", "amount": 5, "note": ' + b"[" * 100_00 + b"]" * 100_00 + b"}", "malformed-json"),
        (b'{"account": "a", "amount": 5, "extra": ' + b"[" * 30 + b"]" * 30 + b"}", "too-deep"),
        (b'{"account": "a", "amount": "5"}', "invalid"),
        (b'{"account": "a", "amount": 5.0}', "invalid"),
        (b'{"account": "a", "amount": true}', "invalid"),
        (b'{"account": "a", "amount": -1}', "invalid"),
        (b'{"account": "a"}', "invalid"),
        (b"[]", "invalid"),
        (b'{"account": "a", "amount": 5, "note": "' + b"x" * 70_000 + b'"}', "too-large"),
    ],
)
def test_a_bad_body_is_a_dead_letter(words: Toy, body: bytes | None, reason: str) -> None:
    dead = decoded(words, record(body))
    assert isinstance(dead, DeadLetter)
    assert dead.reason == reason
    assert dead.record.body == body


def written(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON text of objects and lists, with keys and texts that look like one another, spaced in every way."""
    keys = st.sampled_from(['"a"', '"b"', '"c\\":"', '"\\u0061"'])
    pairs = st.tuples(keys, st.sampled_from([":", " :", "\n : "]), children).map("".join)
    return st.one_of(
        st.lists(pairs, max_size=4).map(lambda each: "{" + ",".join(each) + "}"),
        st.lists(children, max_size=3).map(lambda each: "[" + ",".join(each) + "]"),
    )


@drawn(st.recursive(st.sampled_from(['"a\\":"', '"a"', '"\\" : "', "1", "null"]), written, max_leaves=12))
def test_a_key_that_is_there_twice_is_seen_however_it_is_written(text: str) -> None:
    found: list[bool] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append(len(dict(pairs)) < len(pairs)))
    try:
        well_formed(text.encode(), unique_keys=True)
        refused = None
    except Unreadable as problem:
        refused = problem.reason
    assert refused == ("duplicate-key" if any(found) else None)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (record(key=None), "no-key"),
        (record(key=b"b"), "wrong-key"),
        (record(key=b"\xff"), "wrong-key"),
        (record(key=b"x" * 3_000, ce_type="toy.never_heard.v1"), "wrong-key"),
        (record(key=b"a\0"), "wrong-key"),
        (record(ce_id=""), "bad-envelope"),
        (record(ce_id="x" * 201), "bad-envelope"),
        (record(ce_source="a\nb"), "bad-envelope"),
        (record(topic="toy.others"), "wrong-topic"),
        (record(topic="toy.others", ce_type="toy.deposited.v2"), "wrong-topic"),
        (Record(Place("toy.commands", 0, 7), b"a", (), GOOD), "bad-envelope"),
        (Record(Place("toy.commands", 0, 7), b"a", (("ce_id", b"\xff"),), GOOD), "bad-envelope"),
        (Record(Place("toy.commands", 0, 7), b"a", (("ce_id", b"1"), ("ce_id", b"2")), GOOD), "bad-envelope"),
        (Record(Place("toy.commands", 0, 7), b"a", (("x", b""),) * 65, GOOD), "headers-too-large"),
        (Record(Place("toy.commands", 0, 7), b"a", (("x", b"x" * 20_000),), GOOD), "headers-too-large"),
    ],
)
def test_a_bad_envelope_is_a_dead_letter(words: Toy, given: Record, reason: str) -> None:
    dead = decoded(words, given)
    assert isinstance(dead, DeadLetter)
    assert dead.reason == reason


def test_unknown_fields_are_heard_in_silence(words: Toy) -> None:
    assert isinstance(decoded(words, record(b'{"account": "a", "amount": 5, "new": {"x": [1]}}')), Cause)


def test_an_escaped_backslash_is_no_nul(words: Toy) -> None:
    assert isinstance(decoded(words, record(b'{"account": "a", "amount": 5, "note": "\\\\u0000"}')), Cause)


@pytest.mark.parametrize(
    ("type_", "note", "parks"),
    [
        ("toy.never_heard.v1", "unknown_type", False),
        ("never", "unknown_type", False),
        ("marketplace.order_paid.v1", "ignored", False),
        ("toy.deposited.v0", "unknown_type", False),
        ("toy.deposited.v2", None, True),
    ],
)
def test_an_unheard_type_is_noted_and_a_later_version_parks(
    words: Toy, type_: str, note: str | None, parks: bool
) -> None:
    cause = decoded(words, record(ce_type=type_))
    assert (cause.event, cause.note, cause.park is not None) == (None, note, parks)


def test_the_same_content_has_one_hash_however_it_is_written(words: Toy) -> None:
    other = json.dumps({"amount": 5, "note": None, "account": "a", "unknown": 1}, indent=3).encode()
    assert decoded(words, record()).hash == decoded(words, record(other)).hash
    assert decoded(words, record()).hash != decoded(words, record(b'{"account": "a", "amount": 6}')).hash


def test_a_record_for_several_subjects_is_several_causes_and_the_last_one_says_so(words: Toy) -> None:
    body = b'{"account": "a", "accounts": ["a", "b", "b", "c"]}'
    items = Decoder(words.service).decode(record(body, ce_type="toy.spread.v1"))
    assert [(item.subject.id, item.last) for item in items if isinstance(item, Cause)] == [
        ("a", False),
        ("b", False),
        ("c", True),
    ]


def test_a_record_that_concerns_nobody_is_noted(words: Toy) -> None:
    cause = decoded(words, record(b'{"account": "a", "accounts": []}', ce_type="toy.spread.v1"))
    assert (cause.event, cause.note) == (None, "ignored")


def test_what_our_own_services_say_may_be_larger_than_what_strangers_may() -> None:
    body = b'"' + b"x" * 100_000 + b'"'
    assert well_formed(body, unique_keys=False, limit=MAX_OWN_BODY)
    with pytest.raises(Unreadable):
        well_formed(body, unique_keys=False)
