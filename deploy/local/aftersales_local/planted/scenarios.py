"""The scenarios: a few disputes, and the fault under which a defect of the engine shows."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from aftersales_local.planted.stage import Stage

Message = dict[str, Any]
ORDERS: Final = ("P-1", "P-2", "P-3", "P-4", "P-5", "P-6")
# Beyond the five days in which a seller has to answer.
AFTER_THE_DEADLINE: Final = timedelta(days=5, seconds=1)
HASTY: Final = """
name = "hasty"
version = 9
[with.seller]
response = "PT10S"
"""
DEAF_FOR: Final = 6.0
# The answer comes so many seconds before the deadline, and is read after it.
BEFORE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """services: those that run, the one with the defect first."""

    name: str
    play: Callable[[Stage], None]
    services: tuple[str, ...] = ("dispute",)


def ago(**time_: float) -> str:
    return (datetime.now(UTC) - timedelta(**time_)).isoformat()


def message(topic: str, order: str, kind: str, body: Mapping[str, Any], about: str = "") -> Message:
    kind = f"marketplace.{kind}"
    said = {"order": order, **body}
    return {"topic": f"marketplace.{topic}", "key": order, "type": kind, "id": f"{kind}/{order}{about}", "body": said}


def facts(order: str) -> list[Message]:
    """An order of two lines, shipped long enough ago to be complained about."""
    lines = [{"line": line, "sku": "mug", "quantity": 1, "unit_price": 1999} for line in ("L1", "L2")]
    placed = {
        "buyer": "bob",
        "seller": "sue",
        "placed_at": ago(days=30),
        "currency": "USD",
        "lines": lines,
        "shipping": 500,
        "destination": "US",
        "carrier_service": "EMS",
        "promise_days": 27,
    }
    shipped = {"parcel": f"{order}-P", "carrier": "EMS", "number": f"{order}-N", "shipped_at": ago(days=20)}
    return [message("orders", order, "order_placed", placed), message("orders", order, "parcel_shipped", shipped)]


def says(order: str, kind: str, by: str, line: str = "L1", **said: Any) -> Message:
    about = f"/{line}"
    return message("complaints", order, kind, {"dispute": f"{order}-{line}", "by": by, **said}, about)


def complaint(order: str, line: str = "L1") -> Message:
    want = {"remedy": "refund", "amount": 1500}
    return says(
        order,
        "complaint_made",
        "bob",
        line,
        units={line: [1]},
        reason="SNAD_DESCRIPTION",
        want=want,
        evidence=["photo"],
    )


def talk(order: str) -> list[Message]:
    """From the complaint to the refund, with one step that is refused."""
    counter = {"remedy": "refund", "amount": 1000}
    return [
        complaint(order),
        says(order, "escalation_requested", "bob"),
        says(order, "plan_refused", "sue", counter=counter),
        says(order, "plan_accepted", "bob"),
    ]


def poison(order: str) -> Message:
    return {**complaint(order), "id": f"poison/{order}", "body": b'{"order": '}


def everything_said() -> list[Message]:
    return [said for order in ORDERS for said in talk(order)]


def every_fact() -> list[Message]:
    return [fact for order in ORDERS for fact in facts(order)]


def repeated(stage: Stage) -> None:
    """Everything is published twice, the second time when the first has had its effect."""
    stage.start("dispute")
    known, said = every_fact(), everything_said()
    stage.publish(poison(ORDERS[0]), *known, *said)
    stage.rest()
    stage.publish(*known, *said, copy=2)
    stage.rest()


def killed(stage: Stage, failpoint: str, service: str = "dispute", others: tuple[str, ...] = ()) -> None:
    """A process dies in the midst of the conversation and comes back."""
    for each in (*others, service):
        stage.start(each)
    stage.publish(*every_fact(), poison(ORDERS[0]))
    stage.rest()
    stage.arm(service, f"{failpoint}:kill")
    with stage.held(service):
        stage.publish(*everything_said())
        for other in others:
            stage.until(other, "select count(*) > 3 from outbox where sent_at is not null")
    stage.dies_and_returns(service)
    stage.rest()


def two_owners(stage: Stage) -> None:
    """Two processes own every partition at once, as a zombie and its successor do."""
    stage.start("dispute")
    stage.start_another("dispute")
    stage.publish(*every_fact(), poison(ORDERS[0]), *everything_said())
    stage.rest()
    stage.publish(*everything_said(), copy=2)
    stage.rest()


def killed_in_a_timer(stage: Stage) -> None:
    """The seller is silent, and the process dies while the deadline is executed."""
    clock = "insert into simulated_clock (instant) values ($1) on conflict (one) do update set instant = $1"
    now = datetime.now(UTC)
    stage.query("dispute", clock, now)
    stage.start("dispute")
    stage.publish(*every_fact(), *(complaint(order) for order in ORDERS))
    stage.rest()
    stage.arm("dispute", "T2:kill")
    stage.query("dispute", clock, now + AFTER_THE_DEADLINE)
    stage.dies_and_returns("dispute")
    stage.rest()


def refunds_at_once(stage: Stage) -> None:
    """Two refunds of one order are accepted at the same moment."""
    order = ORDERS[0]
    stage.start("dispute")
    stage.publish(*facts(order), complaint(order, "L1"), complaint(order, "L2"))
    stage.rest()
    stage.arm("dispute", "C4:delay=0.8")
    with ThreadPoolExecutor(2) as both:
        for line in ("L1", "L2"):
            path = f"/disputes/{order}-{line}/accept"
            both.submit(partial(stage.ask, "dispute", path, {}, role="seller", sub="sue", key=f"accept-{line}"))
    stage.rest()


def late_commit(stage: Stage) -> None:
    """A request draws its outbox ids and commits after others whose ids are higher."""
    first, second = ORDERS[:2]
    stage.start("dispute")
    stage.publish(*facts(first), *facts(second), complaint(first), complaint(second))
    stage.rest()
    drawn = stage.query("dispute", "select last_value from outbox_id")
    stage.arm("dispute", "H2:delay=1.5")
    with ThreadPoolExecutor(1) as slow:
        path = f"/disputes/{first}-L1/accept"
        slow.submit(partial(stage.ask, "dispute", path, {}, role="seller", sub="sue", key="accept-slowly"))
        stage.until("dispute", "select last_value > $1 from outbox_id", drawn)
        stage.publish(says(second, "plan_refused", "sue"))
    stage.rest()


def unread_answer(stage: Stage) -> None:
    """The seller answers in time, and the answer lies unread in Kafka when the deadline falls due."""
    policies = stage.folder / "policies"
    policies.mkdir()
    (policies / "hasty.toml").write_text(HASTY)
    order = ORDERS[0]
    stage.start("dispute", AFTERSALES_POLICY_DIR=str(policies))
    stage.publish(*facts(order))
    stage.rest()
    stage.publish(complaint(order))
    due: datetime = stage.until("dispute", "select deadline from disputes")
    stage.arm("dispute", f"C1:delay={DEAF_FOR}")
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - BEFORE))
    stage.publish(says(order, "plan_refused", "sue"))
    stage.until("dispute", "select state <> 'AWAITING_SELLER' from disputes")
    stage.until("dispute", "select exists (select from inbox where type = 'marketplace.plan_refused.v1')")
    stage.rest()


REPEATED: Final = Scenario("everything twice", repeated)
TWO_OWNERS: Final = Scenario("two owners", two_owners)
KILLED_BEFORE_COMMIT: Final = Scenario("killed before the commit", partial(killed, failpoint="C7"))
KILLED_AFTER_COMMIT: Final = Scenario("killed after the commit", partial(killed, failpoint="C8"))
KILLED_BEFORE_SENDING: Final = Scenario("killed before sending", partial(killed, failpoint="R1"))
KILLED_IN_A_TIMER: Final = Scenario("killed in a timer", killed_in_a_timer)
REFUNDS_AT_ONCE: Final = Scenario("refunds at once", refunds_at_once)
LATE_COMMIT: Final = Scenario("a late commit", late_commit)
UNREAD_ANSWER: Final = Scenario("an unread answer", unread_answer)
NOTIFICATION_KILLED: Final = Scenario(
    "notification killed",
    partial(killed, failpoint="C8", service="notification", others=("dispute",)),
    ("notification", "dispute"),
)
