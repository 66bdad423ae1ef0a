"""A plan that the desk proposed, or what the platform's service decided, and what became of it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from arbitration.domain.ruling import RulingStatus

ServiceOutcome = Literal["settled", "rejected", "handed_back"]


class Offer(Struct, frozen=True, omit_defaults=True):
    """kind: a proposal to both parties, or the outcome of a service review. amount: minor units, 0 where none is paid.

    status: sent until dispute answers; executed, a proposal has been put to the parties. agent: None where the time ran
    out.
    """

    id: str
    kind: Literal["proposal"] | ServiceOutcome
    status: RulingStatus
    made_at: datetime
    agent: str | None
    remedy: str
    amount: int
    settled_at: datetime | None = None
    why: str | None = None
