"""Words that can be read and are odd all the same: said twice, too early, by the wrong one, in another version."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from aftersales.contracts import tracking
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import ComplaintMade, PlanChanged
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, DELIVERED, OPENED, SHIPPED
from tests.services.dispute.doors import Case, Doors, Where, envelope
from tests.support.bad_input import HTTP, KAFKA, covers

pytestmark = pytest.mark.asyncio(loop_scope="package")


def complaint(case: Case, **differs: Any) -> ComplaintMade:
    return say.a_complaint(**case.names(ComplaintMade), **differs)


def told(event: Any, status: str, case: Case, **differs: Any) -> Event:
    at = differs.pop("at", DELIVERED)
    return say.told(event, status, at, order=case.order, seller=case.seller, **differs)


def as_if(type_: str, event: Event) -> list[tuple[str, bytes]]:
    return [(name, type_.encode() if name == "ce_type" else value) for name, value in envelope(event)]


async def outcome(town: Doors, record: Where) -> tuple[str, str | None]:
    row = await town.pool.fetchrow("select outcome, slug from inbox where cause_id = $1", record.cause)
    assert row is not None
    return row["outcome"], row["slug"]


@covers(11, over=[KAFKA])
async def test_11_further_fields_are_heard_in_silence_and_set_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    said = complaint(case)
    more = {"state": "CLOSED_REFUNDED", "refund": 4198, "liable": "seller", "version": 99, "id": "D-other"}
    body = orjson.dumps({**orjson.loads(said.model_dump_json()), **more})
    record = await town.publish(said.TOPIC, said.key.encode(), body, envelope(said))
    await town.read(record)
    assert await outcome(town, record) == ("applied", None)
    row = await town.pool.fetchrow(
        "select dispute, state, refund, liable from disputes where order_id = $1", case.order
    )
    assert row is not None
    assert tuple(row) == (case.dispute, "AWAITING_SELLER", 0, None)


@covers(12, over=[KAFKA])
async def test_12_an_opening_above_the_cap_asks_for_the_cap(town: Doors) -> None:
    case = Case()
    await town.places(case)
    await town.hears(complaint(case, want=say.refund(10**15)))
    said = await town.said(case)
    assert said[0]["want"]["amount"] == 4198


@covers(13, over=[KAFKA])
@pytest.mark.parametrize(("currency", "shown"), [("JPY", "4198 JPY"), ("USD", "41.98 USD"), ("KWD", "4.198 KWD")])
async def test_13_a_currency_is_shown_with_its_own_decimals(town: Doors, currency: str, shown: str) -> None:
    case = Case()
    await town.at(OPENED)
    await town.hears(
        say.an_order(order=case.order, seller=case.seller, currency=currency), say.shipped(order=case.order)
    )
    await town.hears(told(tracking.ParcelDelivered, "delivered", case), complaint(case))
    record = await town.say(say.change(4199, **case.names(PlanChanged)))
    await town.read(record)
    assert shown in (await town.answer(record))["body"]["sentence"]


@covers(18, over=[KAFKA])
async def test_18_a_scan_told_twice_is_one(town: Doors) -> None:
    case = Case()
    await town.places(case)
    before = await town.state_of(case)
    told_again = told(tracking.ParcelDelivered, "delivered", case)
    await town.hears(told_again, told_again)
    assert await town.state_of(case) == before


@covers(19, over=[KAFKA])
async def test_19_older_news_lowers_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    older = told(tracking.ParcelInTransit, "in_transit", case, at=SHIPPED + 2 * DAY)
    await town.hears(older)
    parcel = (await town.state_of(case))["parcels"]["P1"]
    assert (parcel["status"], parcel["delivered_at"]) == ("delivered", "2025-04-28T15:00:00Z")


@covers(20, over=[KAFKA])
async def test_20_delivered_and_lost_pays_nobody_by_itself(town: Doors) -> None:
    case = Case()
    await town.places(case)
    seen = {"seen": ("delivered", "lost"), "delivered_at": DELIVERED}
    await town.hears(told(tracking.ParcelAnomalous, "lost", case, at=DELIVERED + DAY, **seen))
    await town.hears(complaint(case, reason="INR_LOST", want=say.refund(4198), evidence=()))
    assert (await town.state_of(case))["parcels"]["P1"]["seen"] == ["delivered", "lost"]
    assert await town.states(case) == {case.dispute: "AWAITING_SELLER"}
    assert await town.pool.fetchval("select count(*) from resolution where order_id = $1", case.order) == 0


@covers(21, over=[KAFKA])
async def test_21_words_before_their_order_wait_and_the_21st_is_refused(town: Doors) -> None:
    case = Case()
    await town.at(OPENED)
    records = [await town.say(complaint(case, words=f"Number {number}.")) for number in range(21)]
    await town.read(*records)
    outcomes = [await outcome(town, record) for record in records]
    assert outcomes == [*[("waiting", "order-not-known-yet")] * 20, ("refused", "unknown-order")]
    await town.hears(say.shipped(order=case.order), told(tracking.ParcelDelivered, "delivered", case))
    await town.hears(say.an_order(order=case.order, seller=case.seller))
    assert await town.states(case) == {case.dispute: "AWAITING_SELLER"}


@covers(21, over=[KAFKA])
async def test_21_a_word_whose_order_never_comes_is_refused_after_a_day(town: Doors) -> None:
    case = Case()
    await town.at(OPENED)
    await town.hears(complaint(case))
    await town.at(OPENED + DAY - timedelta(seconds=1))
    await town.settled(case)
    assert await town.said(case) == []
    await town.at(OPENED + DAY)
    await town.settled(case)
    [refusal] = await town.said(case)
    assert (refusal["slug"], refusal["dispute"]) == ("unknown-order", case.dispute)
    assert await town.states(case) == {}


@covers(22)
@covers(21, over=[HTTP])
async def test_22_a_stranger_opens_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    record = await town.say(complaint(case, by="eve"))
    await town.read(record)
    assert (await town.answer(record))["body"]["slug"] == "stranger"
    answer = await town.ask(complaint(case, by="eve"), role="buyer", sub="eve")
    assert (answer.status_code, answer.json()["slug"]) == (404, "not-found")
    unknown = Case()
    answer = await town.ask(complaint(unknown), role="buyer", sub="anna")
    assert (answer.status_code, answer.json()["slug"]) == (404, "not-found")
    assert await town.states(case) == await town.states(unknown) == {}
    assert await town.pool.fetchval("select count(*) from orders where id = $1", unknown.order) == 0


@covers(26, over=[KAFKA])
async def test_26_an_unknown_word_is_noted_and_changes_nothing(town: Doors) -> None:
    case = Case()
    await town.places(case)
    before = await town.state_of(case)
    said = complaint(case)
    headers = as_if("marketplace.never_heard.v1", said)
    record = await town.publish(said.TOPIC, said.key.encode(), b"no JSON at all", headers)
    await town.read(record)
    assert await outcome(town, record) == ("unknown_type", None)
    assert await town.dead_letter(record) is None
    assert (await town.state_of(case), await town.parked(case)) == (before, [])


@covers(26)
async def test_26_a_newer_version_parks_its_own_subject_alone(town: Doors) -> None:
    newer, other = Case(), Case()
    for case in (newer, other):
        await town.places(case)
    said = complaint(newer)
    headers = [
        ("ce_type", b"marketplace.complaint_made.v2"),
        *[each for each in envelope(said) if each[0] != "ce_type"],
    ]
    record = await town.publish(said.TOPIC, said.key.encode(), said.model_dump_json().encode(), headers)
    behind = await town.say(said)
    await town.read(record, behind, await town.say(complaint(other)))
    assert [await outcome(town, each) for each in (record, behind)] == [("parked", None)] * 2
    assert len(await town.parked(newer)) == 1
    assert await town.states(other) == {other.dispute: "AWAITING_SELLER"}
    answer = await town.ask(said, role="buyer", sub=said.by)
    assert (answer.status_code, answer.json()["slug"]) == (503, "parked")
    assert await town.states(newer) == {}


@covers(23)
async def test_23_repeats_from_long_ago_change_nothing(town: Doors) -> None:
    over_kafka, over_http = Case(), Case()
    for case in (over_kafka, over_http):
        await town.places(case)
    said: list[tuple[Event, str]] = [
        (complaint(over_kafka), "c"),
        (say.change(500, **over_kafka.names(PlanChanged)), "p"),
    ]
    for event, name in said:
        await town.read(await town.say(event, name=f"{name}-{over_kafka.suffix}"))
    asked = {"role": "buyer", "sub": "anna", "key": over_http.suffix}
    first = await town.ask(complaint(over_http), **asked)
    await town.at(OPENED + timedelta(days=200))
    await town.settled(over_kafka, over_http)
    before = [await town.left_behind(case) for case in (over_kafka, over_http)]
    for event, name in said:
        await town.read(await town.say(event, name=f"{name}-{over_kafka.suffix}"))
    again = await town.ask(complaint(over_http), **asked)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert [await town.left_behind(case) for case in (over_kafka, over_http)] == before
