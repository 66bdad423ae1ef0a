"""An appeal at the desk: who made it, who is kept off it, and what was decided."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from aftersales.contracts.appeal import AppealOutcome
from arbitration.domain.ruling import RulingStatus


class Appeal(Struct, frozen=True, omit_defaults=True):
    """by: the party. until: when the time to decide ends. kept_off: the agents who ruled, seconded or settled it.

    id, status, outcome, amount, agent: of the decision, None before it; agent also None where the time ran out. amount:
    what the buyer gets in all, None for their last plan. why: what overtook the decision.
    """

    by: Literal["buyer", "seller"]
    made_at: datetime
    until: datetime
    kept_off: tuple[str, ...] = ()
    id: str | None = None
    status: RulingStatus | None = None
    outcome: AppealOutcome | None = None
    amount: int | None = None
    agent: str | None = None
    decided_at: datetime | None = None
    why: str | None = None
