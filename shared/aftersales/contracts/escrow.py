"""What dispute says of an order's money in escrow, and of sellers' debts (rulebook 8.6, 8.7, 8.41)."""

from typing import ClassVar

from aftersales.contracts.dispute import Entry, Settlement
from aftersales.contracts.envelope import Amount, Currency, Event, Id, Instant


class EscrowReleased(Event):
    """Nothing can be claimed of the order any more: pay the seller `amount`. collected: kept for the seller's debts."""

    TYPE: ClassVar[str] = "dispute.escrow_released.v1"
    TOPIC: ClassVar[str] = "dispute.settlements"
    order: Id
    buyer: Id
    seller: Id
    currency: Currency
    at: Instant
    amount: Amount
    collected: Amount


class DebtCollected(Settlement):
    """A debt of the seller from this dispute was paid from escrow of the order `of`; `journal` names the entries."""

    TYPE: ClassVar[str] = "dispute.debt_collected.v1"
    journal: Id
    entries: tuple[Entry, ...]
    of: Id
