"""Histories as they come: lines in any order and form, in pieces, with bad lines, from files, folders and tables."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales_local.whatif import generate, ranges, rebuilt, work
from aftersales_local.whatif.lines import Told, read, written
from aftersales_local.whatif.progress import Progress, told
from aftersales_local.whatif.replay import play
from aftersales_local.whatif.scan import Span
from aftersales_local.whatif.shown import summary
from aftersales_local.whatif.sketch import Market
from aftersales_local.whatif.standing import standings
from aftersales_local.whatif.work import Job, run
from tests.whatif.histories import DAY, OPENED, STANDARD, backtest, complaint, order, policy, said, says

FASTER = policy(seller__response="P3D")
ANSWERED = [*order(), complaint(), says("plan_refused", OPENED + 4 * DAY, by="S1"), *order("O2", "S2")]


def compact(line: bytes) -> bytes:
    return line.replace(b'": ', b'":').replace(b", ", b",")


def without_source(found: Any) -> Any:
    return {key: value for key, value in found.items() if key not in ("source", "seconds")}


def test_lines_in_any_order_are_the_same_history(tmp_path: Path) -> None:
    as_said = backtest(tmp_path, ANSWERED, FASTER)
    assert without_source(backtest(tmp_path, reversed(ANSWERED), FASTER)) == without_source(as_said)


def test_spaces_and_blank_lines_change_nothing(tmp_path: Path) -> None:
    spaced = [json.dumps(json.loads(line), separators=(" , ", " : ")).encode() + b"\r\n\n" for line in ANSWERED]
    one, other = backtest(tmp_path, map(compact, ANSWERED), FASTER), backtest(tmp_path, spaced, FASTER)
    assert without_source(other) | {"events": 0} == without_source(one) | {"events": 0}


@pytest.mark.parametrize("piece", [1, 700, 1501])
def test_pieces_of_any_size_hold_every_line_once(tmp_path: Path, piece: int) -> None:
    path = tmp_path / "history.ndjson"
    path.write_bytes(b"".join(ANSWERED).rstrip(b"\n"))
    read_back = [line for part in ranges.ranges([path], piece) for line in part.read()[1].splitlines()]
    assert read_back == path.read_bytes().splitlines()


def test_several_processes_find_what_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate.generate(out=tmp_path / "made", orders=300, seed=5, disputed_percent=10)
    one = answer(tmp_path / "made")
    monkeypatch.setattr(work, "SMALL", 0)
    monkeypatch.setattr(work, "BATCH", 2)
    monkeypatch.setattr(work, "ranges", lambda paths: ranges.ranges(paths, 50_000))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    other = answer(tmp_path / "made")
    assert other.answer.tally == one.answer.tally
    assert other.answer.most == one.answer.most
    assert (other.orders, other.by_lane, other.until) == (one.orders, one.by_lane, one.until)
    assert one.answer.tally.whole.disputes > 20


def answer(source: Path) -> Job:
    job = Job(source, STANDARD, FASTER, Span())
    with Progress("reading", 100) as progress:
        run(job, progress)
    return job


def test_only_orders_placed_in_the_span_are_judged(tmp_path: Path) -> None:
    placed = OPENED - 20 * DAY
    lines = [*ANSWERED, complaint("O2")]
    until = backtest(tmp_path, lines, FASTER, Span(until=placed))
    assert (until["orders"], until["disputes"]) == (0, 0)
    since = backtest(tmp_path, lines, FASTER, Span(since=placed, until=placed + DAY))
    assert (since["orders"], since["disputes"]) == (2, 2)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"not json\n", "it is no event"),
        (complaint().replace(b'"amount": 2000', b'"amount": -5'), "data.want.amount"),
        (complaint().replace(b'"id"', b'"ie"'), "missing required field `id`"),
        (complaint("O2").replace(b'+00:00"', b'"'), "timezone"),
        (complaint("O2").replace(b'"2025-', b'"9025-'), "between 1970 and 2999"),
        (complaint("O2").replace(b'"2025-05-', b'"2025-55-'), "Invalid RFC3339"),
        (complaint("O2").replace(b'"want": {', b'"want": '), "JSON is malformed"),
        (order(shipping="x")[0], "data.shipping"),
        (said("marketplace.party_changed", OPENED, party="S9", role="seller", deposit="x"), "data.deposit"),
        (b'{"x": 1}\n', "missing required field `type`"),
        (b'{"type": "foo"}\n', "missing required field"),
        (b"[]\n", "got `array`"),
        (b'{"a":' * 5000 + b"5" + b"}" * 5000 + b"\n", "nested too deeply"),
        (order("O2")[0].replace(b'"data": {', b'"data": "x", "was": {'), "`data` is no object"),
    ],
)
@pytest.mark.parametrize("form", [bytes, compact])
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, why: str, form: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Failure, match=f"history.ndjson, line 4: .*{why}.*--skip-bad"):
        backtest(tmp_path, map(form, [*order(), line, complaint()]), FASTER)


@pytest.mark.parametrize("line", [b"garbage", b"[]", b"5", b"{}", order("O2")[0][:-9]])
@pytest.mark.parametrize("place", [0, -1])
def test_a_bad_line_at_either_end_of_a_file_is_named(tmp_path: Path, line: bytes, place: int) -> None:
    lines = [compact(each) for each in ANSWERED]
    lines[place] = line + b"\n"
    with pytest.raises(Failure, match=f"history.ndjson, line {len(lines) if place else 1}: it is no event"):
        backtest(tmp_path, lines, FASTER)


def test_a_placing_without_an_instant_is_named_where_a_span_is_asked_for(tmp_path: Path) -> None:
    line = order("O2")[0].replace(b'"placed_at": "2025-04-11', b'"placed_at": "2025-44-11')
    with pytest.raises(Failure, match=r"line 5: .*data\.placed_at"):
        backtest(tmp_path, [*order(), complaint(), line], FASTER, Span(since=OPENED))


def test_a_dispute_whose_order_cannot_be_read_is_left_out_and_counted(tmp_path: Path) -> None:
    lines = [*order(), complaint(), *order("O2", shipping="x"), complaint("O2"), complaint("O3").replace(b"want", b"w")]
    found = skipping(tmp_path, [*map(compact, lines)])
    assert [bad.number for bad in found.bad] == [5, 9]
    assert found.answer.tally.whole.disputes == 1


def test_a_bad_line_that_every_seller_hears_is_counted_once(tmp_path: Path) -> None:
    heard_by_all = said("arbitration.extension_granted", OPENED, source="agent:kim", extension="E1", agent="kim")
    lines = [*order(), complaint(), *order("O2", "S2"), complaint("O2"), heard_by_all]
    assert len(skipping(tmp_path, lines).bad) == 1


@pytest.mark.parametrize(("lines", "why"), [([], "is empty"), ([complaint()], "no order is placed")])
def test_a_history_without_orders_is_refused(tmp_path: Path, lines: list[bytes], why: str) -> None:
    with pytest.raises(Failure, match=f"history.ndjson: .*{why}.*generate"):
        backtest(tmp_path, lines, FASTER)


def test_a_history_without_disputes_names_no_end(tmp_path: Path) -> None:
    found = backtest(tmp_path, order(), FASTER)
    assert found["history_ends_at"] is None
    assert next(iter(summary(found))).startswith("1 orders, 0 disputes, 3 events; ")


def test_a_mark_before_the_first_line_is_no_line(tmp_path: Path) -> None:
    assert backtest(tmp_path, [b"\xef\xbb\xbf", *ANSWERED], FASTER)["disputes"] == 1


@pytest.mark.parametrize(
    "line",
    [
        complaint().replace(b'"amount": 2000', b'"amount": -5'),
        complaint().replace(b'"time": "', b'"time": "x'),
        complaint()[:-3],
    ],
)
def test_the_only_line_that_could_tell_of_a_dispute_is_not_lost_where_it_is_bad(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "history.ndjson"
    path.write_bytes(b"".join([*order("O2"), line]))
    job = Job(path, STANDARD, FASTER, Span(), skip_bad=True)
    with Progress("reading", 100) as progress:
        run(job, progress)
    assert [bad.number for bad in job.bad] == [4]


def test_an_order_that_cannot_be_read_is_named_where_somebody_complained_about_it(tmp_path: Path) -> None:
    lines = [line.replace(b'"shipping": ', b'"shipping": "x", "was": ') for line in order()]
    with pytest.raises(Failure, match=r"history.ndjson, line 1: .*shipping"):
        backtest(tmp_path, [*lines, complaint()], FASTER)


@pytest.mark.parametrize(
    "text", [b"garbage\n", b"[]", b"5\n", b"{}\n", b'{"x": 1}\n{"x": 2}\n', order()[0] + b'{"cut": ']
)
def test_what_is_no_history_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(Failure, match="it is no event"):
        backtest(tmp_path, [text], FASTER)


def test_bad_lines_are_counted_where_they_are_to_be_skipped(tmp_path: Path) -> None:
    found = skipping(tmp_path, [*order(), b"not json\n", complaint(), complaint().replace(b'"id"', b'"ie"')])
    assert [bad.number for bad in found.bad] == [4, 6]
    assert found.answer.tally.whole.disputes == 1


def skipping(folder: Path, lines: list[bytes]) -> Job:
    path = folder / "history.ndjson"
    path.write_bytes(b"".join(lines))
    job = Job(path, STANDARD, FASTER, Span(), skip_bad=True)
    with Progress("reading", 100) as progress:
        run(job, progress)
    return job


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    for missing in (tmp_path / "nowhere.ndjson", tmp_path):
        with pytest.raises(Failure, match=str(tmp_path)):
            run(Job(missing, STANDARD, FASTER, Span()), Progress("reading", 100))


def test_an_event_is_read_as_it_was_written() -> None:
    one = read(complaint())
    assert one is not None
    assert read(written(one)) == one


def test_what_the_services_say_themselves_is_not_handed_in() -> None:
    said = {"type": "dispute.opened.v1", "source": "dispute", "id": "1", "time": OPENED.isoformat(), "data": {}}
    assert read(json.dumps(said).encode()) is None


def test_facts_rebuilt_from_the_tables_replay_the_same(tmp_path: Path) -> None:
    """What a service keeps of orders is enough to judge them again: instants, units, money and scans."""
    part = generate.Part(Market(300, 2), 1, 300, 15, 5, tmp_path)
    made = b"".join(generate.lines(part)).splitlines()
    history = sorted((one for line in made if (one := read(line))), key=lambda one: one.at)
    book, until = PolicyBook([STANDARD]), datetime(2026, 1, 1, tzinfo=UTC)
    first = play(history, book, until)
    commands = [one for one in history if one.event.TOPIC in ("marketplace.complaints", "")]
    facts: list[Told] = []
    for place, state in first.world.states.items():
        if (place.service, place.subject.kind) == ("dispute", "seller"):
            facts.append(rebuilt.seller_told(state, history[0].at))
        elif (place.service, place.subject.kind) == ("dispute", "order"):
            facts += rebuilt.facts_told(state)
        elif (place.service, place.subject.kind) == ("order_tracking", "parcel"):
            facts += rebuilt.scans_told(place.subject.id, state)
    again = play(sorted([*facts, *commands], key=lambda one: one.at), book, until)
    assert again.broken == {}
    found = {one.dispute: one for state in again.orders.values() for one in standings(state)}
    assert len(found) > 30
    assert found == {one.dispute: one for state in first.orders.values() for one in standings(state)}


def test_progress_says_how_long_the_rest_will_take() -> None:
    assert told("replaying", 0.25, 10) == "replaying: 25 %, 10 s, about 30 s left"
    assert told("replaying", 0.0, 1) == "replaying: 0 %, 1 s"
