"""What travels in over the HTTP door: the parties' commands, as strict as they come."""

from typing import Literal

from pydantic import Field

from aftersales.contracts.envelope import Amount, Id, Token, Words
from aftersales.contracts.marketplace import EvidenceKinds, Plan, Units
from aftersales.runtime.http import RequestModel


class Asked(RequestModel):
    """`by`: whom a marketplace speaks for; a person speaks for themselves and may leave it out."""

    by: Id | None = None


class AskedPlan(RequestModel):
    """amount: minor units of the order's currency."""

    remedy: Literal["refund", "return"]
    amount: Amount

    def plan(self) -> Plan:
        return Plan(remedy=self.remedy, amount=self.amount)


class NewDispute(Asked):
    """`dispute`: the caller's name for it, drawn where it is left out. `units`: line to unit numbers from 1."""

    order: Id
    dispute: Id | None = None
    units: Units
    reason: Token
    want: AskedPlan
    words: Words | None = None
    evidence: EvidenceKinds = ()


class NewPlan(Asked):
    """`reason` left out keeps it."""

    want: AskedPlan
    reason: Token | None = None
    words: Words | None = None


class Acceptance(Asked):
    """`version`: the one of the other side's plan that was read; left out accepts what stands.

    A seller who accepts a return names the address.
    """

    version: int | None = Field(default=None, ge=1, le=1_000_000)
    return_address: Words | None = None


class Refusal(Asked):
    """`counter` left out is "no refund"."""

    counter: AskedPlan | None = None
    words: Words | None = None


class Escalation(Asked):
    words: Words | None = None


class Cancellation(Asked):
    pass


class NewEvidence(Asked):
    """Kinds of evidence, such as photo or brand_letter."""

    evidence: EvidenceKinds = Field(min_length=1)
    words: Words | None = None


class Completion(Asked):
    evidence: EvidenceKinds = ()


class GoodsSent(Asked):
    """`freight`: what the way back cost, proven, in minor units."""

    carrier: Token
    number: Id
    freight: Amount = 0


class Contest(Asked):
    """What shows that the goods are not what was sent, or not as they were."""

    evidence: EvidenceKinds = Field(min_length=1)
    words: Words | None = None


class Appeal(Asked):
    """What was not seen when it was decided."""

    evidence: EvidenceKinds = Field(min_length=1)
    words: Words | None = None


class Confirmation(Asked):
    pass
