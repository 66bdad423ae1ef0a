"""The ruling table (rulebook section 7) in the order of 8.35: of several rows that fit, the first rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aftersales.contracts.arbitration import FreightBearer, Payer
from aftersales.contracts.dispute import Liable
from aftersales.rulebook.reasons import CUSTOMS_HELD, NOT_SHIPPED, Family
from arbitration.rules import terms
from arbitration.rules.matter import Matter
from arbitration.rules.terms import Terms


@dataclass(frozen=True, slots=True)
class Row:
    """payer: who bears the refund; the escrow stands for whatever section 6 takes from a liable seller.

    freight: who bears the way back of a return; None: whoever bore it under the plan that the goods went back for.
    """

    number: str
    title: str
    fits: Callable[[Matter], bool]
    pays: Callable[[Matter], Terms]
    liable: Liable
    payer: Payer = "escrow"
    carrier_recourse: bool = False
    freight: FreightBearer | None = None


def _r1(m: Matter) -> bool:
    return m.not_received


def _r2(m: Matter) -> bool:
    arrived = m.family is Family.LATE or (m.not_received and m.all_delivered and not m.weak_proof)
    return arrived and bool(m.late_parcels)


def _r6(m: Matter) -> bool:
    return m.not_received and not m.weak_proof and (m.all_delivered or m.found.delivery_proof == "strong")


def _r14(m: Matter) -> bool:
    return m.found.customs == "unknown" or (m.reason == CUSTOMS_HELD and m.last_scan("customs_hold"))


def _r21(m: Matter) -> bool:
    """Not proven beside no other finding; beside another one, that one rules."""
    return m.found.counterfeit == "not_proven" and m.stated.deciding == {"counterfeit"}


_buyer_address = "buyer gave a wrong address, the parcel"

ROWS: Final[tuple[Row, ...]] = (
    # number, title, fits, pays, liable
    Row("R24", "returned goods wrong, used or incomplete",
        lambda m: m.found.goods_back in ("wrong", "used", "incomplete"), terms.intact_part, "buyer"),
    Row("R22", "change of mind, the contested goods came back intact",
        lambda m: m.found.goods_back == "intact" and m.family is Family.BUYER_REASON, terms.superseded, "nobody"),
    Row("R16", "the contested goods came back intact",
        lambda m: m.found.goods_back == "intact", terms.superseded, "seller"),
    Row("R20", "counterfeit upheld", lambda m: m.found.counterfeit == "upheld", terms.with_multiple, "seller"),
    Row("R12", "customs: infringing goods, false value or the seller's papers",
        lambda m: m.found.customs in ("infringing", "false_value", "seller_papers"), terms.customs, "seller"),
    Row("R13", "customs: the buyer does not clear or pay duty",
        lambda m: m.found.customs == "buyer", terms.goods_less_freight, "buyer"),
    Row("R14", "customs, no reason known", _r14, terms.full_undelivered, "seller"),
    Row("R7", "seller labelled a wrong address", lambda m: m.found.address_error == "seller", terms.full, "seller"),
    Row("R8", f"{_buyer_address} came back",
        lambda m: m.found.address_error == "buyer" and bool(m.came_back), terms.goods_less_freight, "buyer"),
    Row("R9", f"{_buyer_address} did not come back",
        lambda m: m.found.address_error == "buyer" and not m.came_back, terms.rejected, "buyer"),
    Row("R10", "refused or not collected without a valid reason",
        lambda m: m.found.refused_by_buyer, terms.goods_less_freight, "buyer"),
    Row("R3", "tracking invalid or of another parcel",
        lambda m: m.found.tracking == "invalid" or m.last_scan("not_found"), terms.full_undelivered, "seller"),
    Row("R4", "carrier declares loss",
        lambda m: m.found.lost or m.last_scan("lost"), terms.full_undelivered, "seller", carrier_recourse=True),
    Row("R15", "damaged in transit", lambda m: m.found.damaged, terms.full, "seller", carrier_recourse=True),
    Row("R19", "short quantity, missing parts or empty parcel",
        lambda m: m.found.empty or bool(m.found.missing), terms.missing, "seller"),
    Row("R18", "not working", lambda m: m.found.defective, terms.defective, "seller", freight="seller"),
    Row("R16", "description, wrong item or wrong size",
        lambda m: m.found.not_as_described is not None, terms.as_described, "seller", freight="seller"),
    Row("R17", "quality, usable", lambda m: m.found.quality is not None, terms.quality, "seller"),
    Row("R21", "counterfeit not proven", _r21, terms.rejected, "nobody"),
    Row("R2", "late but arrived", _r2, terms.late, "seller"),
    Row("R6", "not received, but delivered to the right address", _r6, terms.rejected_as_in_time, "nobody"),
    Row("R1", "not received, overdue", _r1, terms.overdue, "seller"),
    Row("R22", "change of mind on a free-return listing",
        lambda m: m.family is Family.BUYER_REASON and m.file.free_return, terms.returned_without_shipping, "nobody",
        freight="platform"),
    Row("R23", "change of mind without such a service",
        lambda m: m.family is Family.BUYER_REASON, terms.rejected, "buyer"),
    Row("R0", "nothing found that decides", lambda m: True, terms.rejected, "nobody"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Replacement:
    """A row that takes the place of others where its own facts are there (rulebook 8.38)."""

    row: Row
    instead_of: frozenset[str]


def _force_majeure(m: Matter) -> bool:
    """A promise that was extended. Goods that were never shipped wait for no lane."""
    return m.reason != NOT_SHIPPED and any(parcel.extended for parcel in m.file.parcels)


def _platform_carried(m: Matter) -> bool:
    return m.not_received and m.file.platform_logistics


R26: Final = Row("R26", "force majeure on the lane", _force_majeure, terms.full_by_force_majeure, "nobody")
R5: Final = Row("R5", "not received on a platform logistics product", _platform_carried, terms.full_undelivered,
                "platform", payer="platform_fund")  # fmt: skip

# In this order: R5 also takes the place of an R26.
REPLACEMENTS: Final = (
    Replacement(R26, frozenset({"R1"})),
    Replacement(R5, frozenset({"R1", "R26", "R4", "R14"})),
)

# Not while a promise keeps the dispute from escalation by hand, whatever takes their place (rulebook 8.38, 8.45).
WAIT_FOR_THE_PROMISE: Final = frozenset({"R1", "R14"})


def base_row(m: Matter) -> Row:
    return next(row for row in ROWS if row.fits(m))


def in_its_place(row: Row, m: Matter) -> Row:
    for other in REPLACEMENTS:
        if row.number in other.instead_of and other.row.fits(m):
            row = other.row
    return row
