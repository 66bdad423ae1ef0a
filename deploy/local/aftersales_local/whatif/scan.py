"""Which lines of a history a replay needs: those of the orders somebody complained about. All others are only counted.

Lines are told apart by their bytes; a line is decoded only where it speaks of such an order. Three passes, for a file
may have its lines in any order: who complained, which parcels carry those orders, and then all that is said of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from aftersales.contracts.envelope import YEARS
from aftersales.contracts.marketplace import ComplaintMade, OrderPlaced, ParcelShipped
from aftersales_local.whatif.lines import HEARD, BadLine, Told, opened, read
from aftersales_local.whatif.ranges import Broken, Range, lines_with

# Ids are ASCII without escapes (contracts), so that a key and its value can be found without reading the JSON around.
KEYED: Final = re.compile(rb'"(?:order|number|case)"\s*:\s*"([A-Za-z0-9._:-]{1,64})"')
ORDER: Final = re.compile(rb'"order"\s*:\s*"([A-Za-z0-9._:-]{1,64})"')
COUNTED: Final = re.compile(rb'"(seller|destination|carrier_service)"\s*:\s*"([A-Za-z0-9._:-]{1,64})"')
PLACED_AT: Final = re.compile(rb'"placed_at"\s*:\s*"([0-9T:.+Z-]{20,40})"')
TIME: Final = re.compile(
    rb'"time"\s*:\s*"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2}))"'
)
A_SELLER: Final = re.compile(rb'"role"\s*:\s*"seller"')
PLACED: Final = OrderPlaced.TYPE.encode()
PARTY: Final = b"marketplace.party_changed.v1"
# A block that holds each as often as it has lines is taken for events. Each costs a hundredth of a whole backtest.
COMPACT: Final = (b'"type":"', b'"data":{')
KEYS: Final = {"order", "number", "case", "party"}
# What may be said of no order in particular, such as more time for a lane: everybody hears it.
EVERYBODY: Final = tuple(
    type_.encode()
    for type_, event in HEARD.items()
    if not any(name in KEYS and field.is_required() for name, field in event.model_fields.items())
)


class Line(NamedTuple):
    """A line as it stands in a file."""

    range: Range
    offset: int
    text: bytes

    def told(self) -> Told | None:
        """Broken where it is no event."""
        try:
            return read(self.text)
        except BadLine as problem:
            raise Broken(self.range.path, self.offset, str(problem)) from None


@dataclass(frozen=True, slots=True)
class Span:
    """Orders placed in [since, until); None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, placed_at: datetime) -> bool:
        return (self.since is None or placed_at >= self.since) and (self.until is None or placed_at < self.until)

    @property
    def everything(self) -> bool:
        return self.since is None and self.until is None


@dataclass
class Wanted:
    """orders: those with a complaint. disputes: dispute to order. numbers: tracking number to the orders it carries."""

    orders: set[bytes] = field(default_factory=set)
    disputes: dict[bytes, set[bytes]] = field(default_factory=dict)
    numbers: dict[bytes, set[bytes]] = field(default_factory=dict)

    def about(self) -> Mapping[bytes, Iterable[bytes]]:
        """Every id that names a wanted order, with the orders it names."""
        return {**self.numbers, **self.disputes, **{order: (order,) for order in self.orders}}


@dataclass
class Gathered:
    """What a range holds of the wanted orders, and how many orders a seller and a lane have, disputed or not.

    placed: a wanted order's seller and when it was placed. latest: the latest instant of the wanted lines.
    """

    lines: list[tuple[bytes, Line]] = field(default_factory=list)
    placed: dict[bytes, tuple[str, datetime]] = field(default_factory=dict)
    latest: datetime | None = None
    sellers: list[tuple[str, Line]] = field(default_factory=list)
    everybody: list[Line] = field(default_factory=list)
    orders: int = 0
    by_seller: Counter[bytes] = field(default_factory=Counter)
    by_lane: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    events: int = 0
    bad: list[Broken] = field(default_factory=list)


def complaints(part: Range) -> tuple[list[tuple[bytes, bytes]], list[Broken]]:
    """(order, dispute) of every complaint; and those that cannot be read, as nobody else would miss their orders."""
    starts, block = part.read()
    found, bad = [], []
    for begin, text in lines_with(block, ComplaintMade.TYPE.encode()):
        try:
            told = Line(part, starts + begin, text).told()
        except Broken as broken:
            bad.append(broken)
            continue
        if told is not None and isinstance(told.event, ComplaintMade):
            found.append((told.event.order.encode(), told.event.dispute.encode()))
    return found, bad


def shipments(part: Range, orders: set[bytes]) -> list[tuple[bytes, bytes]]:
    """(number, order) of every parcel of the orders; lines that cannot be read are met again with their orders."""
    _, block = part.read()
    found = []
    for _, text in lines_with(block, ParcelShipped.TYPE.encode()):
        order = ORDER.search(text)
        if order is None or order[1] not in orders:
            continue
        try:
            told = read(text)
        except BadLine:
            continue
        if told is not None and isinstance(told.event, ParcelShipped):
            found.append((told.event.number.encode(), told.event.order.encode()))
    return found


def gather(part: Range, about: Mapping[bytes, Iterable[bytes]], span: Span) -> Gathered:
    """All lines about the wanted orders, those every order needs, and counts of the rest."""
    starts, block = part.read()
    found = Gathered(events=block.count(b"\n") + (not block.endswith(b"\n") and bool(block)))
    if not _compact(block, found.events):
        found.bad = list(_misshapen(part, starts, block))
    for begin, text, orders in _about(block, about):
        line = Line(part, starts + begin, text)
        found.lines += [(order, line) for order in orders]
        _look(found, line)
    for begin, text in lines_with(block, PARTY):
        if A_SELLER.search(text):
            _hear_seller(found, Line(part, starts + begin, text))
    for needle in EVERYBODY:
        unnamed = [(begin, text) for begin, text in lines_with(block, needle) if not KEYED.search(text)]
        found.everybody += [Line(part, starts + begin, text) for begin, text in unnamed]
    for begin, text in lines_with(block, PLACED):
        _count(found, Line(part, starts + begin, text), span)
    return found


def _look(found: Gathered, line: Line) -> None:
    """What is to be known of a line before its order's turn comes."""
    at = _instant(TIME.search(line.text))
    if at is None or PLACED in line.text:
        try:
            told = line.told()
        except Broken as broken:
            found.bad.append(broken)  # an order that was not placed never has its turn
            return
        at = told.at if told is not None else at
        if told is not None and isinstance(told.event, OrderPlaced):
            found.placed.setdefault(told.event.order.encode(), (told.event.seller, told.event.placed_at))
    if at is not None:
        found.latest = at if found.latest is None else max(at, found.latest)


def _hear_seller(found: Gathered, line: Line) -> None:
    try:
        told = line.told()
    except Broken as broken:
        found.bad.append(broken)
        return
    if told is not None:
        found.sellers.append((told.event.key, line))


def _about(block: bytes, about: Mapping[bytes, Iterable[bytes]]) -> Iterator[tuple[int, bytes, set[bytes]]]:
    """(place, line, orders) of each line that names a wanted order."""
    begin, end, orders = 0, 0, set[bytes]()
    for named in KEYED.finditer(block):
        those = about.get(named[1])
        if those is None:
            continue
        at = named.start()
        if at >= end:
            if orders:
                yield begin, block[begin:end], orders
            begin = block.rfind(b"\n", 0, at) + 1
            end = block.find(b"\n", at)
            end = len(block) if end < 0 else end
            orders = set()
        orders.update(those)
    if orders:
        yield begin, block[begin:end], orders


def _count(found: Gathered, line: Line, span: Span) -> None:
    facts = dict(COUNTED.findall(line.text))
    try:
        if len(facts) < 3 or not (span.everything or _inside(line, span)):
            return
    except Broken as broken:
        found.bad.append(broken)
        return
    found.orders += 1
    found.by_seller[facts[b"seller"]] += 1
    found.by_lane[facts[b"destination"], facts[b"carrier_service"]] += 1


def _inside(line: Line, span: Span) -> bool:
    placed_at = _instant(PLACED_AT.search(line.text))
    if placed_at is None:
        told = line.told()
        return told is not None and isinstance(told.event, OrderPlaced) and span.holds(told.event.placed_at)
    return span.holds(placed_at)


def _instant(found: re.Match[bytes] | None) -> datetime | None:
    """None where there is none, or what is written is not in the calendar: who decodes the line says so."""
    try:
        at = None if found is None else datetime.fromisoformat(found[1].decode())
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None and at.year in YEARS else None


def _compact(block: bytes, lines: int) -> bool:
    """Whether a block can only be objects with a type and data, a line each, written without spaces."""
    return (
        block.startswith(b"{")
        and block.endswith((b"}", b"}\n"))
        and block.count(b"}\n{") == lines - 1
        and all(block.count(key) == lines for key in COMPACT)
    )


def _misshapen(part: Range, starts: int, block: bytes) -> Iterator[Broken]:
    """Lines without the envelope of an event, once counting has told that there may be some."""
    at = starts
    for text in block.split(b"\n"):
        bare = text.strip()
        if bare:
            try:
                opened(bare)
            except BadLine as problem:
                yield Broken(part.path, at, str(problem))
        at += len(text) + 1
