"""The ruling table (section 7) read as 8.35 to 8.40, 8.45 and 8.47 say."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from tests.oracle import money
from tests.oracle.model import Dispute, Parcel, Refused, Said, Unit
from tests.oracle.paying import bearer
from tests.oracle.tables import CARRIER_CLAIM, DAY, DECIDES_NOTHING, FAMILY, FINDINGS, LIABLE, OWN_WORD, PRESUMED
from tests.oracle.world import World


@dataclass
class Row:
    """What the table says. `refund` is exact; it is rounded once, at the end."""

    rule: str
    refund: Fraction = Fraction(0)
    remedy: str = "refund"
    compensation: int = 0
    payer: str = "seller"
    freight_payer: str = "seller"
    liable: str = ""
    share: int | None = None
    promise_waits: bool = False

    def __post_init__(self) -> None:
        self.liable = self.liable or LIABLE[self.rule]

    @property
    def claims(self) -> bool:
        return self.rule in CARRIER_CLAIM

    @property
    def counts(self) -> bool:
        return self.liable == "seller" or (self.share is not None and self.share >= 50)


def checked(d: Dispute, findings: Said) -> dict[str, Any]:
    """Unknown findings and values make the step refused (stories.md)."""
    for name, value in findings.items():
        kind = FINDINGS.get(name)
        if kind is None or not _fits(d, kind, value):
            raise Refused(f"finding {name}")
    if findings.get("not_as_described") == "keep" and "amount" not in findings:
        raise Refused("keep without an amount")
    if "goods_back" in findings and d.back != "contested":
        raise Refused("no contested return")
    return dict(findings)


def _fits(d: Dispute, kind: tuple[object, ...] | str, value: Any) -> bool:
    if kind == "units":
        named = units_named(d, value)
        return named is not None
    if kind in ("money", "percent"):
        return type(value) is int and value >= 0 and (kind == "money" or value <= 100)
    return any(type(value) is type(each) and value == each for each in kind)


def units_named(d: Dispute, said: Any) -> list[Unit] | None:
    """A count is the first n of the disputed units, a list names unit numbers; None where one is not in dispute."""
    if said == "all":
        return list(d.units)
    if not isinstance(said, dict):
        return None
    found: list[Unit] = []
    for line, which in said.items():
        mine = [unit for unit in d.units if unit.line == line]
        if isinstance(which, list):
            named = [unit for unit in mine if unit.number in which]
            if len(named) != len(which):
                return None
            found += named
        elif type(which) is not int or not 0 <= which <= len(mine) or not mine:
            return None
        else:
            found += mine[:which]
    return found


def recommended(w: World, d: Dispute, findings: Said) -> Row:
    """The first row that fits. Raises Refused where it would wait for the promise (8.38, 8.45)."""
    found = checked(d, findings)
    share = found.pop("seller_share", None)
    row = _table(w, d, found)
    row.promise_waits = row.rule in ("R1", "R14", "R26") and w.still_coming(d) and found.get("delivery_proof") != "weak"
    row = _platforms_own(d, row)
    if share is not None:
        row = _shared(d, row, share)
    if row.promise_waits:
        raise Refused(f"{row.rule} waits for the promise")
    return row


def _platforms_own(d: Dispute, row: Row) -> Row:
    takes = row.rule in ("R1", "R26", "R4", "R14") and FAMILY[d.reason] == "NOT_RECEIVED"
    if takes and d.order.platform_logistics:
        return Row("R5", row.refund, payer="platform", promise_waits=row.promise_waits)
    return row


def _shared(d: Dispute, row: Row, share: int) -> Row:
    whole = Fraction(paid(d.units)) if row.rule == "R0" else row.refund
    return Row("R25", min(whole, Fraction(d.cap)) * share / 100, share=share, promise_waits=row.promise_waits)


def paid(units: list[Unit]) -> int:
    return sum(unit.paid for unit in units)


def net(units: list[Unit]) -> int:
    return sum(unit.n for unit in units)


def _table(w: World, d: Dispute, found: dict[str, Any]) -> Row:
    """`deciding`: findings outrank facts, and the buyer's own word counts where there is no deciding finding."""
    deciding = any(name not in DECIDES_NOTHING for name in found)
    if not deciding:
        found = {**found, **OWN_WORD.get(d.reason, {})}
        if FAMILY[d.reason] == "NOT_AS_DESCRIBED" and d.evidence["buyer"]:
            found = {**found, **PRESUMED[d.reason]}
    for rule in BY_FINDING:
        row = rule(w, d, found)
        if row is not None:
            return row
    return _by_facts(w, d, found, deciding=any(name not in DECIDES_NOTHING for name in found))


def _goods_back(w: World, d: Dispute, found: Said) -> Row | None:
    if "goods_back" not in found:
        return None
    if found["goods_back"] == "intact":
        assert d.due is not None
        rule = "R22" if FAMILY[d.reason] == "BUYER_REASON" else "R16"
        return Row(rule, Fraction(d.due.amount), "return", freight_payer=bearer(d))
    intact = units_named(d, found.get("intact_units", {})) or []
    return Row("R24", Fraction(sum(unit.n + unit.t for unit in intact)))


def _multiple(w: World, d: Dispute) -> int:
    """The compensation of R20; 8.4: what was refunded before does not shrink its base."""
    on_net = w.policy.of("counterfeit.base") == "net_paid_goods"
    base = sum((Fraction(unit.n) if on_net else unit.listed for unit in d.units), Fraction(0))
    if "list_currency" in d.order.said and not on_net:
        w.corners.add("compensation in a list currency")
    return money.half_up(Fraction(str(w.policy.of("counterfeit.multiple"))) * base)


def _counterfeit(w: World, d: Dispute, found: Said) -> Row | None:
    if found.get("counterfeit") != "upheld":
        return None
    return Row("R20", Fraction(paid(d.units)), compensation=_multiple(w, d))


def _customs(w: World, d: Dispute, found: Said) -> Row | None:
    said = found.get("customs")
    if said is None:
        return None
    if said == "buyer":
        return _came_back(d, found, "R13", "R13")
    if said == "unknown":
        return Row("R14", Fraction(paid(_not_delivered(d, found))))
    return Row("R12", Fraction(paid(d.units)), compensation=_multiple(w, d) if said == "infringing" else 0)


def _came_back(d: Dispute, found: Said, back: str, gone: str) -> Row:
    """8.39: "came back" is a scan `returned` of a unit's parcel; shipping is kept; not below 0."""
    returned = [unit for unit in d.units if unit.parcel is not None and unit.parcel.ever("returned")]
    if not returned:
        return Row(gone)
    goods = sum(unit.n + unit.t for unit in returned)
    return Row(back, Fraction(max(0, goods - found.get("return_freight", 0))))


def _address(w: World, d: Dispute, found: Said) -> Row | None:
    if found.get("address_error") == "seller":
        return Row("R7", Fraction(paid(d.units)))
    if found.get("address_error") == "buyer":
        return _came_back(d, found, "R8", "R9")
    return _came_back(d, found, "R10", "R10") if "refused_by_buyer" in found else None


def _carrier(w: World, d: Dispute, found: Said) -> Row | None:
    if "tracking" in found:
        return Row("R3", Fraction(paid(_not_delivered(d, found))))
    return Row("R4", Fraction(paid(_not_delivered(d, found)))) if "lost" in found else None


def _product(w: World, d: Dispute, found: Said) -> Row | None:
    """R15, R19, R18, R16, R17, in this order; `not_proven` beside no other is R21 (8.36)."""
    if "damaged" in found:
        return Row("R15", Fraction(paid(d.units)))
    if "empty" in found:
        return Row("R19", Fraction(paid(d.units)))
    if "missing" in found:
        return Row("R19", Fraction(paid(units_named(d, found["missing"]) or [])))
    if "defective" in found:
        sent_back = 2 * found.get("return_freight", 0) <= net(d.units)
        return Row("R18", Fraction(paid(d.units)), "return" if sent_back else "refund")
    if found.get("not_as_described") == "return":
        return Row("R16", Fraction(paid(d.units)), "return")
    if found.get("not_as_described") == "keep":
        return Row("R16", Fraction(min(found["amount"], paid(d.units))))
    if "quality" in found:
        return Row("R17", Fraction(net(d.units) * w.policy.of("quality.table")[found["quality"]], 100))
    alone = not any(name not in DECIDES_NOTHING | {"counterfeit"} for name in found)
    return Row("R21") if "counterfeit" in found and alone else None


BY_FINDING: Final[tuple[Callable[[World, Dispute, dict[str, Any]], Row | None], ...]] = (
    _goods_back,
    _counterfeit,
    _customs,
    _address,
    _carrier,
    _product,
)


def _by_facts(w: World, d: Dispute, found: Said, *, deciding: bool) -> Row:
    family = FAMILY[d.reason]
    if family == "NOT_RECEIVED":
        last = [] if deciding else [parcel.last for parcel in d.parcels]
        full = Fraction(paid(_not_delivered(d, found)))
        if "customs_hold" in last and d.reason == "INR_CUSTOMS_HELD":
            return Row("R14", full)
        if "not_found" in last:
            return Row("R3", full)
        if "lost" in last:
            return Row("R4", full)
        return _whereabouts(w, d, found)
    if family == "LATE":
        return _late(w, d) if _days_late(d) else Row("R0")
    if family == "BUYER_REASON" and d.order.free_return:
        return Row("R22", Fraction(sum(unit.n + unit.t for unit in d.units)), "return", freight_payer="service")
    return Row("R23") if family == "BUYER_REASON" else Row("R0")


def _whereabouts(w: World, d: Dispute, found: Said) -> Row:
    """8.37."""
    proof = found.get("delivery_proof")
    if proof != "weak":
        if _all_delivered(d):
            return _late(w, d) if _days_late(d) else Row("R6")
        if proof == "strong":
            return Row("R6")
    full = Fraction(paid(_not_delivered(d, found)))
    if d.reason != "INR_NOT_SHIPPED" and any(parcel.extended for parcel in d.parcels):
        payer = "platform" if w.policy.of("force_majeure.payer") == "platform" else "seller"
        return Row("R26", full, payer=payer)
    return Row("R1", full)


def _all_delivered(d: Dispute) -> bool:
    return all(unit.parcel is not None and d.delivered(unit.parcel) is not None for unit in d.units)


def _not_delivered(d: Dispute, found: Said) -> list[Unit]:
    """The units that "full" means in R1, R3, R4, R5 and R14."""
    if found.get("delivery_proof") == "weak" or _all_delivered(d):
        return d.units
    return [unit for unit in d.units if unit.parcel is None or d.delivered(unit.parcel) is None]


def _parcel_late(d: Dispute, parcel: Parcel) -> int:
    """Started days after the promise end, 0 in time; an attempt in time is in time (8.16, 8.17)."""
    arrived, tried = d.delivered(parcel), parcel.first("attempted")
    if arrived is None or arrived < parcel.promise or (tried is not None and tried < parcel.promise):
        return 0
    return max(1, -((parcel.promise - arrived) // DAY))


def _days_late(d: Dispute) -> int:
    return max((_parcel_late(d, parcel) for parcel in d.parcels), default=0)


def _late(w: World, d: Dispute) -> Row:
    refund = Fraction(0)
    for unit in d.units:
        days = _parcel_late(d, unit.parcel) if unit.parcel else 0
        refund += Fraction(unit.n * _percent(w.policy.of("late.table"), days), 100) if days else 0
    return Row("R2", refund)


def _percent(table: dict[str, int], days: int) -> int:
    limits = sorted(int(limit) for limit in table if limit != "*")
    fitting = next((limit for limit in limits if days <= limit), None)
    return table["*"] if fitting is None else table[str(fitting)]


def freight_payer(d: Dispute, row: Row, remedy: str) -> str:
    """A departure to a return keeps the payers of the recommendation, where that had goods sent back (8.40)."""
    return row.freight_payer if row.remedy == "return" or remedy != "return" else bearer(d)
