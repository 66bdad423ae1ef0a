"""An order: the subject of every decision here. Its facts, its disputes and its money under one lock."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from aftersales.contracts.dispute import Party
from aftersales.policy import amounts
from aftersales.policy.amounts import Unit
from dispute.domain import parcel, states
from dispute.domain.dispute import Dispute
from dispute.domain.parcel import Parcel
from dispute.domain.settlement import refunded
from dispute.domain.terms import Terms


class Waiting(Struct, frozen=True, omit_defaults=True):
    """Something said of an order not heard of yet: an event as JSON, judged by its arrival when the order comes."""

    type: str
    body: str
    source: str | None
    arrived_at: datetime
    cause: str


class Address(Struct, frozen=True, omit_defaults=True):
    """Parcels shipped from `changed_at` on go to `destination`."""

    changed_at: datetime
    destination: str


class LineRecord(Struct, frozen=True, omit_defaults=True):
    """What disputes on a line leave for the next one (rulebook 8.28).

    ended: the reasons that earlier disputes ended with. cancelled: the latest dispute stands CLOSED_CANCELLED.
    reopened: how often a dispute on the line was opened again.
    """

    ended: tuple[str, ...] = ()
    cancelled: bool = False
    reopened: int = 0


class Order(Struct, frozen=True, omit_defaults=True):
    """terms: None until the order was placed; until then everything said of it is in `waiting` or `parcels`.

    escrow_due: for when a timer stands to release what is in escrow, None while that cannot be told.
    times_out_at: when the receipt times out, as far as is known; None where it was confirmed or there is a dispute.
    receipt_at: the buyer's confirmation of receipt; it counts as delivery of all parcels where no scan is earlier.
    chargeback_at: since when a chargeback is open, None while none is. chargeback_lost: one was, so no dispute can be
    opened. chargeback: the amount of the latest one. charged_back: what the bank took, of all that were lost.
    """

    id: str
    terms: Terms | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    receipt_at: datetime | None = None
    chargeback_at: datetime | None = None
    chargeback_lost: bool = False
    chargeback: int = 0
    charged_back: int = 0
    addresses: tuple[Address, ...] = ()
    parcels: dict[str, Parcel] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    lines: dict[str, LineRecord] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    escrow_due: datetime | None = None
    escrow_released_at: datetime | None = None
    times_out_at: datetime | None = None

    @property
    def known(self) -> Terms:
        """The terms of an order that was placed; a caller has made sure of it."""
        assert self.terms is not None
        return self.terms

    # -- money ---------------------------------------------------------------------------------------------------------

    @property
    def refunded(self) -> int:
        """All refunds, from the instant they were ordered (rulebook 8.5)."""
        return sum(dispute.refund for dispute in self.disputes.values())

    @property
    def paid_back(self) -> int:
        """What the marketplace pays back itself: of a cancelled order, what is left of the units never shipped."""
        return 0 if self.cancelled_at is None else sum(self._unrefunded(self.never_shipped))

    @property
    def paid_left(self) -> int:
        return max(0, self.known.paid - self.refunded - self.paid_back - self.charged_back)

    @property
    def escrow_left(self) -> int:
        """What was captured less what settlements, the marketplace and the bank took of it; 0 once it was released."""
        if self.escrow_released_at is not None:
            return 0
        taken = sum(dispute.paid_by.escrow for dispute in self.disputes.values())
        return self.known.paid - taken - self.paid_back - self.charged_back

    def refunded_units(self) -> Mapping[tuple[str, int], int]:
        return refunded(settlement for dispute in self.disputes.values() for settlement in dispute.settlements)

    def left_of(self, units: Iterable[Unit]) -> list[int]:
        """What is left to refund on each unit; nothing on those that the marketplace pays back."""
        units = tuple(units)
        left = self._unrefunded(units)
        if self.cancelled_at is None:
            return left
        return [each if self.parcel_of(unit.line, unit.number) else 0 for unit, each in zip(units, left, strict=True)]

    def _unrefunded(self, units: Iterable[Unit]) -> list[int]:
        gone = self.refunded_units()
        return [max(0, unit.paid - gone.get((unit.line, unit.number), 0)) for unit in units]

    def left(self, units: Mapping[str, Iterable[int]]) -> int:
        """What is left to refund on all of these units."""
        return sum(self.left_of(self.known.units(units)))

    def cap(self, units: Mapping[str, Iterable[int]]) -> int:
        """The most that a dispute over these units can refund now (rulebook 8.5)."""
        return amounts.cap(self.left(units), self.paid_left)

    # -- parcels -------------------------------------------------------------------------------------------------------

    def parcel_of(self, line: str, number: int) -> Parcel | None:
        """The parcel that carries a unit, None while it was not shipped."""
        # A loop and no generator: an opening asks for every unit several times.
        for found in self.parcels.values():
            if found.shipped is not None and found.shipped.carries(line, number):
                return found
        return None

    def parcels_of(self, units: Mapping[str, Iterable[int]]) -> tuple[Parcel, ...]:
        """The parcels that carry any of the units, each once, in the order of their ids."""
        carrying = (self.parcel_of(line, number) for line, numbers in units.items() for number in numbers)
        return tuple(sorted({found.id: found for found in carrying if found}.values(), key=lambda found: found.id))

    def unshipped(self, units: Mapping[str, Iterable[int]]) -> int:
        """How many of the units were never shipped."""
        return sum(self.parcel_of(line, number) is None for line, numbers in units.items() for number in numbers)

    @property
    def everything_shipped(self) -> bool:
        if any(parcel.shipped and parcel.shipped.units is None for parcel in self.parcels.values()):
            return True
        return all(self.parcel_of(unit.line, unit.number) for unit in self.known.every_unit())

    @property
    def never_shipped(self) -> tuple[Unit, ...]:
        """The units that no parcel carries so far."""
        return tuple(unit for unit in self.known.every_unit() if self.parcel_of(unit.line, unit.number) is None)

    @property
    def owes_goods(self) -> bool:
        """Whether a unit that was never shipped can still be claimed: its money is not all refunded or paid back."""
        return not self.everything_shipped and any(self.left_of(self.never_shipped))

    def delivered_at(self, of: Parcel) -> datetime | None:
        """The first delivery scan, or the confirmed receipt where no scan is earlier (rulebook 8.25)."""
        known = [at for at in (of.delivered_at, self.receipt_at) if at is not None]
        return min(known) if known else None

    def under_way(self, of: Parcel) -> bool:
        return of.under_way and self.receipt_at is None

    def decided(self, of: Parcel) -> bool:
        """Its last scan, or the receipt, says what became of it; escalation need not wait for the promise (8.24)."""
        return of.status in parcel.DECISIVE or self.receipt_at is not None

    def destination_at(self, shipped_at: datetime) -> str:
        """Where a parcel shipped then goes: what was not shipped yet follows the newest address."""
        before = [address for address in self.addresses if address.changed_at <= shipped_at]
        return max(before, key=lambda address: address.changed_at).destination if before else self.known.destination

    @property
    def destination(self) -> str:
        newest = max(self.addresses, key=lambda address: address.changed_at, default=None)
        return newest.destination if newest else self.known.destination

    @property
    def frozen(self) -> bool:
        """A chargeback is open: no timer of a dispute fires and nothing but an appeal can be said (rulebook 8.20)."""
        return self.chargeback_at is not None

    # -- disputes ------------------------------------------------------------------------------------------------------

    def keeping(self, dispute: Dispute) -> "Order":
        return replace(self, disputes={**self.disputes, dispute.id: dispute})

    def open_on(self, line: str) -> Dispute | None:
        return next((found for found in self.disputes.values() if found.is_open and line in found.units), None)

    def record_of(self, line: str) -> LineRecord:
        return self.lines.get(line, LineRecord())

    def closing(self, dispute: Dispute) -> "Order":
        """With a dispute that has just been closed kept, and remembered on its lines."""
        cancelled = dispute.state == states.CLOSED_CANCELLED
        ended = (dispute.reason,) if dispute.state in states.ENDED else ()
        records = {line: self.record_of(line) for line in dispute.units}
        remembered = {
            line: replace(record, ended=tuple(sorted({*record.ended, *ended})), cancelled=cancelled)
            for line, record in records.items()
        }
        return replace(self, lines={**self.lines, **remembered}).keeping(dispute)

    def party(self, who: str) -> Party | None:
        """Which party of the order this is, None for a stranger."""
        if who == self.known.buyer:
            return "buyer"
        return "seller" if who == self.known.seller else None
