"""What dispute says of chargebacks, which stop a dispute, and of appeals, which take up one that had ended."""

from typing import ClassVar, Literal

from aftersales.contracts.dispute import Agreement, DisputeStep, Entry, Liable, Party, Settlement
from aftersales.contracts.envelope import Amount, Id, Instant, Token
from aftersales.contracts.file import File

AppealOutcome = Literal["upheld", "overturned", "undecided"]


class DisputeFrozen(DisputeStep):
    """The buyer's bank is asked to take the money back: no deadline counts and nothing can be done until that ends."""

    TYPE: ClassVar[str] = "dispute.frozen.v1"


class DisputeResumed(DisputeStep):
    """The chargeback ended.

    Won: what was armed before `frozen_at` moved by the time since then, what was armed meanwhile by less. Lost: nothing
    moved; only a dispute whose refund is under way or that is in appeal goes on.
    """

    TYPE: ClassVar[str] = "dispute.resumed.v1"
    chargeback: Literal["won", "lost"]
    frozen_at: Instant


class DisputeAppealed(DisputeStep):
    """A party appeals against how the dispute ended; the platform decides until `deadline`.

    kept_off: the agents who ruled, seconded or settled the dispute. frozen_at: since when a chargeback is open, None
    where there is none. liable, rule, agreement, and the amounts: how it had ended.
    """

    TYPE: ClassVar[str] = "dispute.appealed.v1"
    party: Party
    evidence: tuple[Token, ...]
    kept_off: tuple[Id, ...]
    frozen_at: Instant | None = None
    agreement: Agreement
    rule: Token | None
    liable: Liable | None
    refund: Amount
    compensation: Amount
    freight: Amount
    file: File


class DisputeAppealDecided(DisputeStep):
    """The appeal was decided, or its time ran out, which leaves everything as it was.

    party: who had appealed. refund: what the buyer gets on top. reversed: what was taken off the seller.
    """

    TYPE: ClassVar[str] = "dispute.appeal_decided.v1"
    decision: Id
    party: Party
    outcome: AppealOutcome
    refund: Amount = 0
    reversed: Amount = 0


class BurdenReversed(Settlement):
    """What the seller bore is the platform fund's now; nobody pays the buyer. `journal` names the new entries."""

    TYPE: ClassVar[str] = "dispute.burden_reversed.v1"
    journal: Id
    entries: tuple[Entry, ...]
