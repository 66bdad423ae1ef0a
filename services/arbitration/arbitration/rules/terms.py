"""What a row of the ruling table pays, and how each amount came about (rulebook sections 6 and 7)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from aftersales.decision import Boundary
from aftersales.policy import amounts
from arbitration.domain.file import Parcel, Unit, lots
from arbitration.rules.matter import Matter

Remedy = Literal["refund", "return", "none"]


class Terms(Struct, frozen=True):
    """Minor units, before the cap. breakdown: the arithmetic, JSON-ready. rests_on: the policy parameters used.

    turns: where the row would have paid otherwise.
    """

    remedy: Remedy
    refund: int = 0
    compensation: int = 0
    breakdown: Mapping[str, Any] = field(default_factory=dict)
    rests_on: Mapping[str, Any] = field(default_factory=dict)
    turns: tuple[Boundary, ...] = ()


def rejected(_matter: Matter) -> Terms:
    """Nothing is paid."""
    return Terms("none")


def rejected_as_in_time(matter: Matter) -> Terms:
    """R6: nothing, as it was delivered before the promise ended."""
    return Terms("none", turns=tuple(Boundary("late_from", p.promise_ends_at) for p in matter.file.parcels[:1]))


def overdue(matter: Matter) -> Terms:
    """R1: N + H + T of the units that did not arrive in time."""
    ends = max((p.promise_ends_at for p in matter.file.parcels if p.delivered_at is None), default=None)
    turns = () if ends is None else (Boundary("promise", ends),)
    return replace(full_undelivered(matter), turns=turns)


def full(matter: Matter) -> Terms:
    """N + H + T of all disputed units."""
    return _whole("refund", matter.file.units)


def full_undelivered(matter: Matter) -> Terms:
    """N + H + T of the units that did not arrive (rulebook 8.37)."""
    return _whole("refund", matter.missing_parcels)


def full_by_force_majeure(matter: Matter) -> Terms:
    """R26: N + H + T of the units that did not arrive, borne as `force_majeure.payer` says."""
    return replace(full_undelivered(matter), rests_on={"force_majeure.payer": matter.policy.force_majeure_payer})


def returned_whole(matter: Matter) -> Terms:
    """Goods back, then N + H + T; the proven freight is added when it is proven."""
    return _whole("return", matter.file.units)


def returned_without_shipping(matter: Matter) -> Terms:
    """Goods back, then N + T."""
    units = matter.file.units
    return Terms("return", sum(u.net + u.tax for u in units), breakdown=shares(units, "N + T"))


def superseded(matter: Matter) -> Terms:
    """The amount of the plan that the goods went back for; its freight is added where it is paid (rulebook 8.39)."""
    back = matter.file.back
    assert back is not None
    breakdown = {"formula": "the superseded plan", "of": back.refund, "proven_freight": back.freight}
    return Terms("return", back.refund, breakdown=breakdown)


def intact_part(matter: Matter) -> Terms:
    """R24: N + T of the units that came back intact, without freight; nothing intact: nothing."""
    units = [matter.file.units[position] for position in matter.found.intact_units]
    if not units:
        return rejected(matter)
    return Terms("refund", sum(u.net + u.tax for u in units), breakdown=shares(units, "N + T of the intact units"))


def missing(matter: Matter) -> Terms:
    """N + H + T of the missing units; of all where the parcel was empty."""
    if matter.found.empty:
        return full(matter)
    return _whole("refund", [matter.file.units[position] for position in matter.found.missing])


def goods_less_freight(matter: Matter) -> Terms:
    """N + T of what came back less the return freight, not below 0; nothing where nothing came back (R8-R10, R13)."""
    units = matter.came_back
    if not units:
        return rejected(matter)
    capped, rests_on = _freight(matter)
    goods = sum(u.net + u.tax for u in units)
    breakdown = {**shares(units, "N + T - freight"), "freight": capped}
    return Terms("refund", max(0, goods - capped), breakdown=breakdown, rests_on=rests_on)


def as_described(matter: Matter) -> Terms:
    """R16: a return; or the goods are kept for the stated amount, at most N + H + T."""
    if matter.found.not_as_described == "return":
        return returned_whole(matter)
    units, stated = matter.file.units, matter.found.amount or 0
    breakdown = {**shares(units, "stated, at most N + H + T"), "stated": stated}
    return Terms("refund", min(stated, sum(u.whole for u in units)), breakdown=breakdown)


def quality(matter: Matter) -> Terms:
    """R17: `quality.table` of N, the goods are kept."""
    grade = matter.found.quality or "minor"
    rate = matter.policy.quality_table[grade]
    goods = sum(u.net for u in matter.file.units)
    return Terms(
        "refund",
        amounts.percentage([(goods, rate)]),
        breakdown={**shares(matter.file.units, f"{rate} % of N"), "of": goods, **_rounded([(goods, rate)])},
        rests_on={"quality.table": {grade: rate}},
    )


def defective(matter: Matter) -> Terms:
    """R18: a return, unless its freight exceeds half of N; at exactly half it is still a return (rulebook 8.39)."""
    freight, goods = matter.found.return_freight or 0, sum(u.net for u in matter.file.units)
    terms = _whole("refund" if freight * 2 > goods else "return", matter.file.units)
    turn = "half_of_goods" if terms.remedy == "refund" else "half_of_goods_above"
    figures = {"return_freight": freight, "half_of_goods": f"{goods} / 2"}
    return replace(terms, breakdown={**terms.breakdown, **figures}, turns=(Boundary(turn, amount=goods // 2),))


def with_multiple(matter: Matter) -> Terms:
    """R20: everything paid, and the multiple of the product price (rulebook 8.2, 8.4)."""
    policy, units = matter.policy, matter.file.units
    base = amounts.compensation_base(policy, units)
    terms = full(matter)
    of = int(base) if base == int(base) else str(base)
    compensation = {"base": policy.counterfeit_base, "multiple": policy.counterfeit_multiple, "of": of}
    return replace(
        terms,
        compensation=amounts.compensation(policy, units),
        breakdown={**terms.breakdown, "compensation": compensation},
        rests_on={"counterfeit.base": policy.counterfeit_base, "counterfeit.multiple": policy.counterfeit_multiple},
    )


def customs(matter: Matter) -> Terms:
    """R12: full; infringing goods also pay R20's compensation."""
    return with_multiple(matter) if matter.found.customs == "infringing" else full(matter)


def late(matter: Matter) -> Terms:
    """R2: `late.table` of N by parcel; the sum of the exact parts is rounded once (rulebook 8.9)."""
    parts: list[dict[str, Any]] = []
    for parcel in matter.late_parcels:
        assert parcel.delivered_at is not None
        days = amounts.days_late(parcel.promise_ends_at, parcel.delivered_at)
        rate = amounts.late_percent(matter.policy.late_table, days)
        goods = sum(u.net for u in matter.file.units if u.parcel == parcel.id)
        parts.append({"parcel": parcel.id, "days_late": days, "percent": rate, "of": goods})
    shares_of = [(part["of"], part["percent"]) for part in parts]
    breakdown = {"formula": "percent of N by parcel", "parcels": parts, **_rounded(shares_of)}
    rests_on = {"late.table": [list(step) for step in matter.policy.late_table]}
    turns = tuple(_less_late(parcel, matter.policy.late_table) for parcel in matter.late_parcels)
    return Terms("refund", amounts.percentage(shares_of), breakdown=breakdown, rests_on=rests_on, turns=turns)


def _less_late(parcel: Parcel, table: Sequence[tuple[int | None, int]]) -> Boundary:
    """By when its delivery would have come under a lower percentage, or in time."""
    assert parcel.delivered_at is not None
    days = amounts.days_late(parcel.promise_ends_at, parcel.delivered_at)
    lower = [(up_to, rate) for up_to, rate in table if up_to is not None and up_to < days]
    if not lower:
        return Boundary("promise", parcel.promise_ends_at)
    up_to, rate = lower[-1]
    return Boundary("delivered_by", parcel.promise_ends_at + up_to * amounts.DAY, then=rate)


def _rounded(parts: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """The exact sum of (amount, whole percent) parts in minor units, and how it is rounded (rulebook 8.9)."""
    hundredths = sum(amount * rate for amount, rate in parts)
    return {"exact_minor_units": f"{hundredths // 100}.{hundredths % 100:02}", "rounding": "half up, once"}


def shares(units: Iterable[Unit], formula: str) -> dict[str, Any]:
    """The units behind an amount, those alike together."""
    return {
        "formula": formula,
        "units": [
            {
                "line": lot.line,
                "units": list(lot.numbers),
                "net": lot.net,
                "shipping": lot.shipping,
                "tax": lot.tax,
                "charged_price": lot.charged_price,
            }
            for lot in lots(units)
        ],
    }


def _whole(remedy: Remedy, units: Iterable[Unit]) -> Terms:
    units = tuple(units)
    return Terms(remedy, sum(u.whole for u in units), breakdown=shares(units, "N + H + T"))


def _freight(matter: Matter) -> tuple[int, dict[str, Any]]:
    """The stated return freight as the policy caps it (rulebook section 6, F)."""
    freight, cap = matter.found.return_freight or 0, matter.policy.return_freight_cap
    return (freight, {}) if cap is None else (min(freight, cap), {"return.freight_cap": cap})
