"""What the marketplace, the carriers and the parties say in the benchmark, as the records that travel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aftersales.contracts import marketplace as said
from aftersales.contracts.carrier import ParcelScanned, ScanStatus
from aftersales.contracts.envelope import Event
from aftersales.contracts.tracking import ParcelDelivered
from aftersales.policy.parse import load_book
from aftersales_local.bench.broker import Record

SOURCE: Final = "bench"
CARRIER: Final = "EMS"
# Five scans of a parcel's usual way; four of them change what is known of it.
COURSE: Final[Sequence[tuple[ScanStatus, timedelta]]] = (
    ("in_transit", timedelta(days=1)),
    ("in_transit", timedelta(days=4)),
    ("customs_hold", timedelta(days=8)),
    ("out_for_delivery", timedelta(days=14)),
    ("delivered", timedelta(days=15)),
)
WANTED: Final = 3000
OFFERED: Final = 1000
# So that the sellers' accounts are rows of many orders each, as they are in life.
ORDERS_A_SELLER: Final = 20


@dataclass(frozen=True, slots=True)
class Names:
    """Whom and what the records of one run speak of. run: makes them different from any other run's."""

    run: str
    number: int

    @property
    def order(self) -> str:
        return f"{self.run}-{self.number}"

    @property
    def tracking_number(self) -> str:
        return f"{self.order}-CN"

    @property
    def dispute(self) -> str:
        return f"{self.order}-D1"

    @property
    def buyer(self) -> str:
        return f"buyer-{self.number}"

    @property
    def seller(self) -> str:
        return f"seller-{self.number // ORDERS_A_SELLER}"


def record(event: Event, name: str, source: str = SOURCE) -> Record:
    headers: list[tuple[str, str | bytes | None]] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", name.encode()),
        ("ce_source", source.encode()),
        ("ce_type", event.TYPE.encode()),
        ("ce_subject", event.key.encode()),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
        ("content-type", b"application/json"),
    ]
    return Record(event.TOPIC, event.key.encode(), event.as_json(), headers)


def everybody(run: str, count: int) -> list[Names]:
    return [Names(run, number) for number in range(count)]


def orders(who: Sequence[Names], shipped_at: datetime) -> Iterator[Record]:
    """Every order placed, and its one parcel shipped."""
    for one in who:
        placed = said.OrderPlaced(
            order=one.order,
            buyer=one.buyer,
            seller=one.seller,
            placed_at=shipped_at - timedelta(days=1),
            currency="USD",
            lines=(said.Line(line="L1", sku="mug", quantity=2, unit_price=1999),),
            shipping=500,
            discount=300,
            destination="US",
            carrier_service="EMS",
            promise_days=60,
        )
        yield record(placed, f"placed-{one.order}")
        shipped = said.ParcelShipped(
            order=one.order, parcel="P1", carrier=CARRIER, number=one.tracking_number, shipped_at=shipped_at
        )
        yield record(shipped, f"shipped-{one.order}")


def scans(who: Sequence[Names], shipped_at: datetime) -> Iterator[Record]:
    """The first scan of every parcel, then the second of every parcel, and so on."""
    for number, (status, after) in enumerate(COURSE):
        for one in who:
            scan = ParcelScanned(
                carrier=CARRIER,
                number=one.tracking_number,
                status=status,
                scanned_at=shipped_at + after,
                place="Frankfurt",
            )
            yield record(scan, f"scan-{one.order}-{number}")


def delivery_scans(who: Sequence[Names], shipped_at: datetime) -> Iterator[Record]:
    """The one scan that says a parcel is there."""
    status, after = COURSE[-1]
    for one in who:
        scan = ParcelScanned(
            carrier=CARRIER, number=one.tracking_number, status=status, scanned_at=shipped_at + after, place="Frankfurt"
        )
        yield record(scan, f"scan-{one.order}")


def deliveries(who: Sequence[Names], shipped_at: datetime) -> Iterator[Record]:
    """What order-tracking would say of the parcels, where it does not run."""
    at = shipped_at + timedelta(days=15)
    policy = load_book(None).in_force(shipped_at).identity
    for one in who:
        delivered = ParcelDelivered(
            order=one.order,
            parcel="P1",
            buyer=one.buyer,
            seller=one.seller,
            carrier=CARRIER,
            number=one.tracking_number,
            shipped_at=shipped_at,
            promise_ends_at=shipped_at + timedelta(days=60),
            status="delivered",
            scanned_at=at,
            delivered_at=at,
            attempted_at=None,
            seen=("delivered",),
            policy=policy,
        )
        yield record(delivered, f"delivered-{one.order}", "order-tracking")


def complaint(one: Names) -> Record:
    event = said.ComplaintMade(
        order=one.order,
        dispute=one.dispute,
        by=one.buyer,
        units={"L1": (1, 2)},
        reason="SNAD_DESCRIPTION",
        want=said.Plan(remedy="refund", amount=WANTED),
        words="The colour is not the one in the picture.",
        evidence=("photo",),
    )
    return record(event, f"complaint-{one.dispute}")


def counter(one: Names) -> Record:
    event = said.PlanRefused(
        order=one.order, dispute=one.dispute, by=one.seller, counter=said.Plan(remedy="refund", amount=OFFERED)
    )
    return record(event, f"counter-{one.dispute}")


def acceptance(one: Names) -> Record:
    event = said.PlanAccepted(order=one.order, dispute=one.dispute, by=one.buyer)
    return record(event, f"acceptance-{one.dispute}")


def commands(who: Sequence[Names]) -> Iterator[Record]:
    """All complaints, then all counter-offers, then all acceptances."""
    for say in (complaint, counter, acceptance):
        for one in who:
            yield say(one)
