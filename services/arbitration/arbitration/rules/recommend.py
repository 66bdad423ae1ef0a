"""What the table recommends for a case: the row, the amounts, the facts and the policy behind them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field

from aftersales.contracts.arbitration import FreightBearer, Payer
from aftersales.contracts.dispute import Liable
from aftersales.decision import Boundary
from aftersales.policy.amounts import percentage
from aftersales.policy.model import Policy
from arbitration.domain.file import File, Parcel
from arbitration.domain.findings import Findings
from arbitration.rules.findings import Unfit, read
from arbitration.rules.matter import Matter, matter
from arbitration.rules.table import WAIT_FOR_THE_PROMISE, Row, base_row, in_its_place
from arbitration.rules.terms import Remedy, Terms, shares

SHARED_RULE: Final = "R25"


class Recommendation(Struct, frozen=True):
    """Amounts in minor units, at most the cap. refused: the slug of why nothing can be ruled, the rest is then empty.

    waits_until: where a running promise keeps the row from being ruled, when it ends. carrier_claim: what the carrier
    owes in recourse. rests_on: policy parameters by the rulebook's names. turns: where it would come out otherwise.
    """

    rule: str | None = None
    title: str = ""
    liable: Liable = "nobody"
    remedy: Remedy = "none"
    refund: int = 0
    compensation: int = 0
    freight: int = 0
    payer: Payer = "escrow"
    carrier_claim: int = 0
    freight_bearer: FreightBearer | None = None
    counts_for_seller: bool = False
    breakdown: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    rests_on: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    sentence: str | None = None
    waits_until: datetime | None = None
    turns: tuple[Boundary, ...] = ()


def recommend(file: File, reason: str, findings: Mapping[str, Any], policy: Policy, now: datetime) -> Recommendation:
    """What the facts on file and the agent's findings come to (rulebook section 7, 8.35-8.40, 8.45, 8.47)."""
    stated = read(findings, file)
    if isinstance(stated, Unfit):
        return Recommendation(refused=stated.slug, sentence=stated.sentence)
    case = matter(file, reason, stated, policy, now)
    base = base_row(case)
    if base.number in WAIT_FOR_THE_PROMISE and case.promised_until is not None:
        return _must_wait(base, case.promised_until)
    row = in_its_place(base, case)
    plain = _of_row(row, case)
    return plain if stated.seller_share is None else _shared(plain, row, case, stated.seller_share)


def _must_wait(row: Row, until: datetime) -> Recommendation:
    return Recommendation(
        refused="promise-runs",
        sentence=f"{row.number} ({row.title}) cannot be ruled yet: the promise runs until {until.isoformat()}.",
        waits_until=until,
        turns=(Boundary("from", until),),
    )


def _of_row(row: Row, case: Matter) -> Recommendation:
    terms = row.pays(case)
    refund = min(terms.refund, case.file.cap)
    return Recommendation(
        rule=row.number,
        title=row.title,
        liable=row.liable,
        # Where nothing is left to pay nothing is sent back either (rulebook 8.48).
        remedy=terms.remedy if refund + terms.compensation else "none",
        refund=refund,
        compensation=terms.compensation,
        payer=_payer(row, case),
        carrier_claim=refund if row.carrier_recourse else 0,
        freight_bearer=row.freight,
        counts_for_seller=row.liable == "seller",
        breakdown=_breakdown(terms, refund, case.file.cap),
        facts=_facts(row, case),
        rests_on=terms.rests_on,
        turns=terms.turns,
    )


def _payer(row: Row, case: Matter) -> Payer:
    if row.number == "R26" and case.policy.force_majeure_payer == "platform":
        return "platform_fund"
    return row.payer


def _shared(plain: Recommendation, row: Row, case: Matter, share: int) -> Recommendation:
    """R25: a percentage of what the row that fits without it refunds, of N + H + T where none does (rulebook 8.39)."""
    whole = sum(unit.whole for unit in case.file.units)
    of = min(whole, case.file.cap) if row.number == "R0" else plain.refund
    refund = percentage([(of, share)])
    base = shares(case.file.units, "N + H + T") if row.number == "R0" else plain.breakdown
    return Recommendation(
        rule=SHARED_RULE,
        title="both sides prove something",
        liable="shared",
        remedy="refund" if refund else "none",
        refund=refund,
        counts_for_seller=share >= 50,
        breakdown={"formula": f"{share} % of {row.number}", "of": of, "percent": share, "refund": refund, "base": base},
        facts=plain.facts,
        rests_on=plain.rests_on,
        turns=plain.turns,
    )


def _breakdown(terms: Terms, refund: int, cap: int) -> Mapping[str, Any]:
    if terms.remedy == "none":
        return {"formula": "nothing"}
    return {**terms.breakdown, "sum": terms.refund, "cap": cap, "refund": refund}


def _facts(row: Row, case: Matter) -> Mapping[str, Any]:
    file, stated = case.file, case.stated
    facts: dict[str, Any] = {
        "reason": case.reason,
        "findings": {name: getattr(stated, name) for name in sorted(stated.stated)},
        "parcels": [_parcel(parcel) for parcel in file.parcels],
        "buyer_evidence": list(file.buyer_evidence),
        "seller_evidence": list(file.seller_evidence),
    }
    presumed = _presumed(case.found, stated)
    if presumed:
        facts["counted_as_found"] = presumed
    if row.number == "R3":
        facts["false_shipment"] = True
    if file.platform_logistics:
        facts["platform_logistics"] = True
    return facts


def _presumed(found: Findings, stated: Findings) -> dict[str, Any]:
    return {name: getattr(found, name) for name in sorted(found.stated - stated.stated)}


def _parcel(parcel: Parcel) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "parcel": parcel.id,
        "last_scan": parcel.status,
        "promise_ends_at": parcel.promise_ends_at.isoformat(),
    }
    if parcel.delivered_at is not None:
        facts["delivered_at"] = parcel.delivered_at.isoformat()
    if parcel.attempted_at is not None:
        facts["attempted_at"] = parcel.attempted_at.isoformat()
    if parcel.extended:
        facts["extended"] = True
    return facts
