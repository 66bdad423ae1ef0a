"""Disputes that ended in every way, appeals against them, and what the desk says of those."""

from datetime import datetime, timedelta
from typing import Any, Literal

from aftersales.contracts.arbitration import ServiceDecided
from aftersales.contracts.dispute import Party
from aftersales.decision import Outcome
from tests.rules.dispute import builders as say
from tests.rules.dispute.builders import DAY, OPENED
from tests.rules.dispute.world import World, opened, with_policy

ZERO = timedelta(0)
CLOSED = OPENED + 6 * DAY  # Wednesday, 7 May, 09:00
ENDS = CLOSED + 7 * DAY
APPEALED = CLOSED + DAY
DECIDE_BY = datetime.fromisoformat("2025-05-15T09:00:00+00:00")  # the fifth working day after Thursday, 8 May
DECIDED = APPEALED + DAY
REJECTION: dict[str, Any] = {"rule": "R6", "liable": "nobody", "remedy": "none", "refund": 0, "compensation": 0}
PARTIES: tuple[Party, ...] = ("buyer", "seller")
BY = {"buyer": "anna", "seller": "shop"}


def ruled(world: World | None = None, **differs: Any) -> World:
    """Escalated, and ruled on at `CLOSED` by kim and lee: the counterfeit of S1 unless another ruling is named."""
    world = world or opened()
    world.hear(say.a_refusal(1000), OPENED + DAY)
    world.hear(say.escalation(), OPENED + 3 * DAY)
    decision = world.hear(say.a_ruling(CLOSED, second="lee", **differs), CLOSED)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def refused() -> World:
    world = opened()
    world.hear(say.a_refusal(), OPENED + DAY)
    world.until(DECIDED)
    return world


def appealed(world: World | None = None, by: str = "shop", at: datetime = APPEALED) -> World:
    world = world or ruled()
    decision = world.hear(say.an_appeal(by), at)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def decided(world: World, outcome: str, at: datetime = DECIDED, **differs: Any) -> World:
    decision = world.hear(say.an_appeal_decided(outcome, at, **differs), at)
    assert decision.outcome is Outcome.APPLIED, decision.sentence
    return world


def journals(world: World) -> list[dict[str, int]]:
    """Account to amount of every journal, in order."""
    found: dict[str, dict[str, int]] = {}
    for row in world.rows("journal"):
        accounts = found.setdefault(row["journal_id"], {})
        accounts[row["account"]] = accounts.get(row["account"], 0) + row["amount"]
    return list(found.values())


def burden(world: World) -> tuple[int, int, int, int, int]:
    paid = world.dispute().paid_by
    return (paid.escrow, paid.deposit, paid.platform_fund, paid.service_fund, paid.debt)


def consensus() -> World:
    world = opened()
    world.hear(say.accepted(), OPENED + DAY)
    return world


def served(outcome: Literal["settled", "rejected"] = "settled", amount: int = 1500) -> World:
    """Settled by sam of the platform's own service, or rejected."""
    world = with_policy(World(), service_cap=3000)
    for fact in (say.an_order(service_enrolled=True), say.shipped(), say.delivered(), say.a_complaint()):
        world.hear(fact, OPENED)
    known: dict[str, Any] = {"order": "O1", "dispute": "D1", "case": "D1", "at": CLOSED, "policy": "standard@1"}
    said = ServiceDecided(**known, decision="S-1", outcome=outcome, amount=amount, agent="sam")
    world.hear(said, OPENED + DAY)
    return world
