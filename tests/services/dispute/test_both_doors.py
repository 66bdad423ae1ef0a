"""Every command of a party, over Kafka and over HTTP: the same situation, the same effect and the same answer."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
import orjson
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from aftersales.contracts import marketplace
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import Command
from dispute.api import commands
from dispute.domain.transitions import ACTIONS
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import MARKET
from tests.services.dispute.doors import Case, Doors, doors
from tests.support.bad_input import covers

pytestmark = pytest.mark.asyncio(loop_scope="module")

Says = Callable[..., Event]


@dataclass(frozen=True)
class Situation:
    """before: what was said and when. slug: of the refusal, None where the command is granted and leads to `state`."""

    says: Says
    state: str
    before: tuple[tuple[datetime, Says], ...] = ()
    slug: str | None = None
    at: datetime = OPENED + DAY


def said(event: Callable[..., Event], *arguments: Any, **differs: Any) -> Says:
    def of(case: Case) -> Event:
        built = event(*arguments, **differs)
        by = {"by": case.seller} if isinstance(built, Command) and built.by == say.SELLER else {}
        return built.model_copy(update={**case.names(type(built)), **by})

    return of


COMPLAINT = (OPENED, said(say.a_complaint))
FOR_RETURN = (OPENED, said(say.a_complaint, reason="SNAD_WRONG_ITEM", want=say.goods_back(4198)))
AGREED = (OPENED, said(say.accepted, return_address="Shop returns, CN"))
SENT_BACK = (OPENED, said(say.return_shipped))
PAID_OUT = (COMPLAINT, (OPENED, said(say.accepted)))
REFUSED = (OPENED, said(say.a_refusal, 1000, words="It was whole when it left."))
ESCALATED = (COMPLAINT, REFUSED, (OPENED + 3 * DAY, said(say.escalation)))
LATER = OPENED + 4 * DAY
NO_REFUND = {"rule": "R6", "liable": "nobody", "remedy": "none", "refund": 0, "compensation": 0}
REJECTED = (
    *ESCALATED,
    (LATER, said(say.evidence_done)),
    (LATER, said(say.evidence_done, say.SELLER)),
    (LATER, said(say.a_ruling, LATER, **NO_REFUND)),
)

GRANTED = {
    "open": Situation(said(say.a_complaint, words="It is torn."), "AWAITING_SELLER"),
    "open again": Situation(said(say.a_complaint), "AWAITING_SELLER", (COMPLAINT, (OPENED, said(say.cancellation)))),
    "plan": Situation(said(say.change, 1500, words="Less will do."), "AWAITING_SELLER", (COMPLAINT,)),
    "accept": Situation(said(say.accepted), "REFUND_PENDING", (COMPLAINT,)),
    "accept a return": Situation(
        said(say.accepted, return_address="Shop returns, CN"), "RETURN_AWAITING_SHIPMENT", (FOR_RETURN,)
    ),
    "accept the counter": Situation(said(say.accepted, say.BUYER), "REFUND_PENDING", (COMPLAINT, REFUSED)),
    "refuse": Situation(said(say.a_refusal), "AWAITING_BUYER", (COMPLAINT,)),
    "refuse and offer": Situation(said(say.a_refusal, 1000, words="Half of it."), "AWAITING_BUYER", (COMPLAINT,)),
    "escalate": Situation(
        said(say.escalation, words="They do not listen."), "ARBITRATION_EVIDENCE", (COMPLAINT, REFUSED), at=LATER
    ),
    "cancel": Situation(said(say.cancellation), "CLOSED_CANCELLED", (COMPLAINT,)),
    "appeal": Situation(
        said(say.an_appeal, say.SELLER, words="Here are the papers."), "APPEAL_REVIEW", REJECTED, at=LATER
    ),
    "evidence": Situation(said(say.evidence, say.SELLER, "packing_video"), "AWAITING_SELLER", (COMPLAINT,)),
    "evidence-done": Situation(
        said(say.evidence_done, evidence=("photo",)), "ARBITRATION_EVIDENCE", ESCALATED, at=LATER
    ),
    "evidence-done by both": Situation(
        said(say.evidence_done, say.SELLER),
        "ARBITRATION_REVIEW",
        (*ESCALATED, (LATER, said(say.evidence_done))),
        at=LATER,
    ),
    "return-shipped": Situation(said(say.return_shipped), "RETURN_IN_TRANSIT", (FOR_RETURN, AGREED)),
    "return-confirmed": Situation(said(say.return_confirmed), "REFUND_PENDING", (FOR_RETURN, AGREED, SENT_BACK)),
    "return-contested": Situation(said(say.return_contested), "ARBITRATION_EVIDENCE", (FOR_RETURN, AGREED, SENT_BACK)),
}

REFUSALS = {
    "open": Situation(said(say.a_complaint, reason="NO_SUCH"), "", slug="unknown-reason"),
    "open without evidence": Situation(said(say.a_complaint, evidence=()), "", slug="evidence-needed"),
    "open twice": Situation(said(say.a_complaint), "AWAITING_SELLER", (COMPLAINT,), "already-open"),
    "plan": Situation(said(say.change, 4199), "AWAITING_SELLER", (COMPLAINT,), "above-cap"),
    "accept": Situation(said(say.accepted), "AWAITING_SELLER", (FOR_RETURN,), "address-needed"),
    "accept one's own": Situation(said(say.accepted, say.BUYER), "AWAITING_SELLER", (COMPLAINT,), "no-plan"),
    "refuse": Situation(said(say.a_refusal, 4199), "AWAITING_SELLER", (COMPLAINT,), "above-cap"),
    "refuse late": Situation(said(say.a_refusal), "REFUND_PENDING", (COMPLAINT,), "wrong-state", OPENED + 5 * DAY),
    "escalate": Situation(said(say.escalation), "AWAITING_SELLER", (COMPLAINT,), "seller-not-heard"),
    "cancel": Situation(said(say.cancellation), "REFUND_PENDING", PAID_OUT, "wrong-state"),
    "appeal": Situation(said(say.an_appeal), "AWAITING_SELLER", (COMPLAINT,), "wrong-state"),
    "cancel another's": Situation(
        said(say.cancellation, by=say.SELLER), "AWAITING_SELLER", (COMPLAINT,), "not-your-move"
    ),
    "evidence": Situation(said(say.evidence), "REFUND_PENDING", PAID_OUT, "wrong-state"),
    "evidence-done": Situation(
        said(say.evidence_done),
        "ARBITRATION_EVIDENCE",
        (*ESCALATED, (LATER, said(say.evidence_done))),
        "already-done",
        LATER,
    ),
    "return-shipped": Situation(said(say.return_shipped), "AWAITING_SELLER", (FOR_RETURN,), "wrong-state"),
    "return-contested": Situation(
        said(say.return_contested), "RETURN_AWAITING_SHIPMENT", (FOR_RETURN, AGREED), "wrong-state"
    ),
    "return-confirmed": Situation(
        said(say.return_confirmed), "RETURN_AWAITING_SHIPMENT", (FOR_RETURN, AGREED), "wrong-state"
    ),
}
EVERY = [
    pytest.param(situation, id=f"{name}: {situation.slug or 'granted'}")
    for table in (GRANTED, REFUSALS)
    for name, situation in table.items()
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with doors(kafka, postgres_server, tmp_path_factory.mktemp("keys")) as made:
        yield made


async def comes_to(town: Doors, situation: Situation, *cases: Case) -> None:
    """The situation, once for every case, step by step together."""
    for case in cases:
        await town.places(case)
    for at, says in situation.before:
        await town.at(at)
        await town.hears(*(says(case) for case in cases))
    await town.at(situation.at)
    await town.settled(*cases)


def command(situation: Situation, case: Case) -> Command:
    event = situation.says(case)
    assert isinstance(event, Command)
    return event


def told(answer: httpx2.Response) -> dict[str, Any]:
    """An HTTP answer in the words that the log of causes keeps for either door."""
    body = answer.json()
    if answer.status_code < 400:
        return {"status": 200, "body": body}
    plain = {name: body[name] for name in body if name not in ("type", "title", "status", "detail", "trace")}
    return {"status": answer.status_code, "body": {**plain, "sentence": body["detail"]}}


def without_names(answer: dict[str, Any], case: Case) -> dict[str, Any]:
    body = {name: str(value).replace(case.suffix, "") for name, value in answer["body"].items()}
    return {"status": answer["status"], "body": body}


@covers(45)
@pytest.mark.parametrize("situation", EVERY)
async def test_the_same_words_over_either_door_do_the_same(town: Doors, situation: Situation) -> None:
    over_kafka, over_http = Case(), Case()
    await comes_to(town, situation, over_kafka, over_http)
    record = await town.say(command(situation, over_kafka))
    await town.read(record)
    said_over_http = command(situation, over_http)
    role = "seller" if said_over_http.by == over_http.seller else "buyer"
    answer = await town.ask(said_over_http, role=role, sub=said_over_http.by)

    assert await town.left_behind(over_http) == await town.left_behind(over_kafka)
    assert without_names(told(answer), over_http) == without_names(await town.answer(record), over_kafka)
    assert told(answer)["body"].get("slug") == situation.slug
    states = "select coalesce(max(state), '') from disputes where order_id = $1"
    assert await town.pool.fetchval(states, over_http.order) == situation.state
    assert await town.parked(over_kafka) + await town.parked(over_http) == []


@pytest.mark.parametrize("situation", EVERY)
@pytest.mark.parametrize("kafka_first", [True, False], ids=["Kafka first", "HTTP first"])
async def test_one_source_and_id_is_one_cause(town: Doors, situation: Situation, kafka_first: bool) -> None:
    case = Case()
    await comes_to(town, situation, case)
    words, name = command(situation, case), f"m-{case.suffix}"

    async def ask() -> httpx2.Response:
        return await town.ask(words, role="service", sub=MARKET, key=name)

    if kafka_first:
        first = await town.say(words, name=name)
        await town.read(first)
        after_one, answered = await town.left_behind(case), await town.answer(first)
        assert told(await ask()) == answered
    else:
        answered = told(await ask())
        after_one = await town.left_behind(case)
        record = await town.say(words, name=name)
        await town.read(record)
        assert await town.answer(record) == answered
        assert await town.dead_letter(record) is None
    again = await ask()
    assert (told(again), again.headers["Idempotent-Replayed"]) == (answered, "true")
    assert await town.left_behind(case) == after_one
    assert answered["body"].get("slug") == situation.slug


@covers(24)
@pytest.mark.parametrize("kafka_first", [True, False], ids=["Kafka first", "HTTP first"])
async def test_a_used_id_with_other_words_changes_nothing(town: Doors, kafka_first: bool) -> None:
    case = Case()
    await town.places(case)
    complaint, other = (say.a_complaint(**case.names(marketplace.ComplaintMade), want=say.refund(n)) for n in (9, 99))
    name = f"m-{case.suffix}"
    if kafka_first:
        await town.read(await town.say(complaint, name=name))
        before = await town.left_behind(case)
        answer = await town.ask(other, role="service", sub=MARKET, key=name)
        assert (answer.status_code, answer.json()["slug"]) == (422, "idempotency-key-reused")
    else:
        assert (await town.ask(complaint, role="service", sub=MARKET, key=name)).status_code == 201
        before = await town.left_behind(case)
        record = await town.say(other, name=name)
        await town.read(record)
        letter = await town.dead_letter(record)
        assert letter is not None
        assert (letter["reason"], orjson.loads(letter["body"])["want"]["amount"]) == ("id-collision", 99)
    assert await town.left_behind(case) == before


async def test_every_command_that_is_built_has_both_doors_and_is_in_the_tables() -> None:
    case = Case()
    for table in (GRANTED, REFUSALS):
        assert {type(situation.says(case)) for situation in table.values()} == set(ACTIONS)
    paths = {f"/disputes/{{dispute}}/{action}" for action in ACTIONS.values() if action != "open"}
    served = {each.path for each in commands.router.routes if isinstance(each, APIRoute)}
    assert served == paths | {"/disputes"}
