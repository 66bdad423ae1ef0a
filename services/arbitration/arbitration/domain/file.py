"""What a case is judged by: the facts that dispute has handed over, as they stand in the case's row."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aftersales.contracts import file as said
from aftersales.contracts import marketplace
from aftersales.contracts.carrier import ScanStatus


class Unit(Struct, frozen=True, omit_defaults=True):
    """One disputed unit; money in minor units of the captured currency. parcel: None while it was never shipped.

    exact_price: `charged_price` to the last digit where the order's rate leaves a fraction, else None.
    """

    line: str
    number: int
    parcel: str | None
    net: int
    shipping: int
    tax: int
    charged_price: int
    exact_price: str | None = None

    @property
    def whole(self) -> int:
        """N + H + T: everything that was paid for this unit."""
        return self.net + self.shipping + self.tax


class Lot(Struct, frozen=True, omit_defaults=True):
    """Units of one line and parcel that are worth the same: a case of hundreds of units must still fit into its row."""

    line: str
    parcel: str | None
    net: int
    shipping: int
    tax: int
    charged_price: int
    numbers: tuple[int, ...]
    exact_price: str | None = None


class Parcel(Struct, frozen=True, omit_defaults=True):
    """A parcel that carries disputed units, as tracking last told of it."""

    id: str
    carrier: str
    number: str
    shipped_at: datetime
    promise_ends_at: datetime
    status: ScanStatus | None
    delivered_at: datetime | None
    attempted_at: datetime | None
    seen: tuple[ScanStatus, ...]
    extended: bool


class Plan(Struct, frozen=True, omit_defaults=True):
    remedy: str
    amount: int


class Back(Struct, frozen=True, omit_defaults=True):
    """Goods that were sent back and contested, or lost. refund: of the superseded plan. freight: proven."""

    end: str
    refund: int
    freight: int


class File(Struct, frozen=True, omit_defaults=True):
    """The facts on file: no words, only kinds of evidence. cap: the most that may be refunded (rulebook 8.5).

    back: None where no goods were sent back.
    """

    lots: tuple[Lot, ...]
    parcels: tuple[Parcel, ...]
    cap: int
    paid: int
    paid_left: int
    buyer_evidence: tuple[str, ...]
    seller_evidence: tuple[str, ...]
    buyer_plan: Plan | None
    seller_plan: Plan | None
    destination: str
    carrier_service: str
    category: str | None
    platform_logistics: bool
    free_return: bool
    back: Back | None = None

    @property
    def units(self) -> tuple[Unit, ...]:
        """Every disputed unit."""
        return tuple(
            Unit(lot.line, number, lot.parcel, lot.net, lot.shipping, lot.tax, lot.charged_price, lot.exact_price)
            for lot in self.lots
            for number in lot.numbers
        )


def lots(units: Iterable[Unit]) -> tuple[Lot, ...]:
    """The units, those alike together, in the order of their first."""
    found: dict[Lot, list[int]] = {}
    for u in units:
        alike = Lot(u.line, u.parcel, u.net, u.shipping, u.tax, u.charged_price, (), u.exact_price)
        found.setdefault(alike, []).append(u.number)
    return tuple(replace(alike, numbers=tuple(numbers)) for alike, numbers in found.items())


def heard(file: said.File) -> File:
    """The file as an event carried it."""
    return File(
        lots=lots(
            Unit(u.line, u.unit, u.parcel, u.net, u.shipping, u.tax, u.charged_price, u.exact_price) for u in file.units
        ),
        parcels=tuple(
            Parcel(
                id=p.parcel,
                carrier=p.carrier,
                number=p.number,
                shipped_at=p.shipped_at,
                promise_ends_at=p.promise_ends_at,
                status=p.status,
                delivered_at=p.delivered_at,
                attempted_at=p.attempted_at,
                seen=p.seen,
                extended=p.extended,
            )
            for p in file.parcels
        ),
        cap=file.cap,
        paid=file.paid,
        paid_left=file.paid_left,
        buyer_evidence=file.buyer_evidence,
        seller_evidence=file.seller_evidence,
        buyer_plan=_plan(file.buyer_plan),
        seller_plan=_plan(file.seller_plan),
        destination=file.destination,
        carrier_service=file.carrier_service,
        category=file.category,
        platform_logistics=file.platform_logistics,
        free_return=file.free_return,
        back=None if file.back is None else Back(file.back.end, file.back.refund, file.back.freight),
    )


def _plan(plan: marketplace.Plan | None) -> Plan | None:
    return None if plan is None else Plan(plan.remedy, plan.amount)
