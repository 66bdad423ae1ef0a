"""What the simulated world consists of. Instants are seconds since 1970 in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from tests.oracle import money

Said = Mapping[str, Any]


def second(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


def stamp(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


class Refused(Exception):
    """The system refuses a step; the text is for people who study a disagreement."""


@dataclass(eq=False)
class Unit:
    """n, h, t: net goods, shipping and tax share. listed: its price before discounts, for the compensation."""

    line: str
    number: int
    n: int
    h: int
    t: int
    listed: Fraction
    refunded: int = 0
    parcel: "Parcel | None" = None

    @property
    def paid(self) -> int:
        return self.n + self.h + self.t


@dataclass
class Scan:
    own: int
    arrived: int
    status: str


@dataclass(eq=False)
class Parcel:
    """promise: the end of the promised time, moved where `extended`."""

    sent: int
    promise: int
    scans: list[Scan]
    extended: bool = False

    @property
    def last(self) -> str | None:
        """Of scans at one instant of their own the later arrival is the last (8.18)."""
        last = None
        for scan in self.scans:
            if last is None or scan.own >= last.own:
                last = scan
        return last.status if last else None

    def ever(self, *statuses: str) -> bool:
        return any(scan.status in statuses for scan in self.scans)

    def first(self, status: str) -> int | None:
        return min((scan.own for scan in self.scans if scan.status == status), default=None)


@dataclass
class Plan:
    remedy: str
    amount: int


@dataclass(eq=False)
class Order:
    """left: what is left in escrow. frozen: since when a chargeback is open; taken_over: one was lost.

    examined: the amount of the latest chargeback; taken: of all that were lost.
    """

    said: Said
    placed: int
    paid: int
    units: list[Unit]
    left: int
    receipt: int | None = None
    frozen: int | None = None
    taken_over: bool = False
    examined: int = 0
    taken: int = 0
    released: bool = False

    def __getattr__(self, name: str) -> Any:
        return self.said[name]

    @property
    def parcels(self) -> list[Parcel]:
        return list(dict.fromkeys(unit.parcel for unit in self.units if unit.parcel))

    @property
    def paid_left(self) -> int:
        return max(0, self.paid - self.taken - sum(unit.refunded for unit in self.units))


@dataclass(eq=False)
class Seller:
    """debts: oldest first, the dispute and what is still owed."""

    deposit: int = 0
    debts: list[list[Any]] = field(default_factory=list)


@dataclass(eq=False)
class Dispute:
    """One dispute. `armed`: when each of its clocks was started, for what a chargeback moves (8.20).

    received: the confirmed receipt of its order. last_wanted: the amount of the buyer's last plan, standing or not.
    """

    name: str
    order: Order
    number: int
    units: list[Unit]
    reason: str
    filed: int
    state: str = ""
    reopening: bool = False
    confirming: bool = False
    deadline: int | None = None
    fallback: int | None = None
    auto: int | None = None
    manual: tuple[int, int] | None = None
    clock: int | None = None
    armed: dict[str, int] = field(default_factory=dict)
    plans: dict[str, Plan | None] = field(default_factory=dict)
    last_wanted: int = 0
    refused_once: bool = False
    evidence: dict[str, int] = field(default_factory=lambda: {"buyer": 0, "seller": 0})
    done: set[str] = field(default_factory=set)
    proposed: bool = False
    agents: set[str] = field(default_factory=set)
    # What was agreed or ruled and waits for the goods.
    due: Plan | None = None
    due_compensation: int = 0
    payer: str = "seller"
    freight_payer: str = "seller"
    proven_freight: int = 0
    return_sent: bool = False
    return_scans: list[Scan] = field(default_factory=list)
    return_lost_frozen: bool = False
    back: str | None = None
    agreement: str | None = None
    rule: str | None = None
    liable: str | None = None
    counts: bool = False
    claims: bool = False
    refund: int = 0
    compensation: int = 0
    freight: int = 0
    paid_by: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("escrow", "deposit", "platform_fund", "service_fund"), 0)
    )
    debt: int = 0
    claim: int = 0
    closed: int | None = None
    appeal_until: int | None = None
    appellant: str | None = None
    before_appeal: str = ""
    submitted: int | None = None
    received: int | None = None
    ruled: int | None = None

    @property
    def open(self) -> bool:
        return not self.state.startswith("CLOSED")

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(unit.line for unit in self.units))

    @property
    def parcels(self) -> list[Parcel]:
        return list(dict.fromkeys(unit.parcel for unit in self.units if unit.parcel))

    def delivered(self, parcel: Parcel) -> int | None:
        return delivered(parcel, self.received)

    @property
    def cap(self) -> int:
        return max(0, min(sum(unit.paid - unit.refunded for unit in self.units), self.order.paid_left))


def delivered(parcel: Parcel, received: int | None) -> int | None:
    """8.25: a receipt counts as delivery where no scan is earlier."""
    return min((at for at in (parcel.first("delivered"), received) if at is not None), default=None)


def order_of(said: Said) -> Order:
    """Prices and shares as they are frozen when the order is placed (section 6; 8.9, 8.10)."""
    said = {
        **dict.fromkeys(("platform_logistics", "free_return", "service_enrolled"), False),
        "shipping": 0,
        "discount": 0,
        "tax": 0,
        "promise_days": None,
        "category": None,
        **said,
    }
    lines = [(line["quantity"], line["unit_price"]) for line in said["lines"]]
    names = [(line["line"], i + 1, line["unit_price"]) for line in said["lines"] for i in range(line["quantity"])]
    less, shipping, tax = (money.by_unit(said[key], lines) for key in ("discount", "shipping", "tax"))
    cells = [(names[i][2] - less[i], shipping[i], tax[i]) for i in range(len(names))]
    rate = Fraction(said["rate"]) if "rate" in said else Fraction(1)
    listed = said.get("list_currency", said["currency"])
    total = money.half_up(money.at_rate(sum(map(sum, cells)), rate, listed, said["currency"]))
    paid = said.get("paid", total)
    if "list_currency" in said or paid != total:
        flat = money.shared_out(paid, [share for cell in cells for share in cell])
        cells = [(flat[i], flat[i + 1], flat[i + 2]) for i in range(0, len(flat), 3)]
    units = [
        Unit(line, number, *cell, money.at_rate(price, rate, listed, said["currency"]))
        for (line, number, price), cell in zip(names, cells, strict=True)
    ]
    return Order(said, second(said["placed_at"]), paid, units, paid)
