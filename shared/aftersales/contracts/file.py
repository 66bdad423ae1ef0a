"""The file of a dispute, as dispute hands it to the arbitration desk."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from aftersales.contracts.carrier import ScanStatus
from aftersales.contracts.envelope import Amount, Country, Id, Instant, Part, Token
from aftersales.contracts.marketplace import Plan


class UnitShare(Part):
    """One disputed unit: its net goods, shipping share, tax share, what was refunded on it, and its undiscounted price.

    All in minor units of the captured currency. parcel: the one that carries it, None while it was never shipped; a
    full refund of what did not arrive counts units by their parcel (rulebook 8.37). exact_price: `charged_price` to the
    last digit, where the order's rate leaves a fraction; compensation rounds the sum of these once.
    """

    line: Id
    unit: int
    parcel: Id | None
    net: Amount
    shipping: Amount
    tax: Amount
    refunded: Amount
    charged_price: Amount
    exact_price: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,30}\.[0-9]{1,20}$")] | None = None


class ParcelFacts(Part):
    """A parcel that carries disputed units.

    delivered_at: the first delivery scan, or the confirmed receipt where no scan is earlier (rulebook 8.25).
    extended: its promise was extended for force majeure (R26).
    """

    parcel: Id
    carrier: Token
    number: Id
    shipped_at: Instant
    promise_ends_at: Instant
    status: ScanStatus | None
    delivered_at: Instant | None
    attempted_at: Instant | None
    seen: tuple[ScanStatus, ...]
    extended: bool = False


class ReturnFacts(Part):
    """Goods that were sent back, with an end that left something to judge (rulebook, transitions 20 and 21).

    end: the seller contested what came back, or the carrier lost it. refund: of the plan that is superseded. freight:
    what the way back cost, proven, before the policy's cap.
    """

    end: Literal["contested", "lost"]
    refund: Amount
    freight: Amount


class File(Part):
    """What the arbitration desk needs to judge a dispute without asking: facts only, no words.

    back: None where no goods were sent back.
    """

    units: tuple[UnitShare, ...]
    cap: Amount
    paid: Amount
    paid_left: Amount
    parcels: tuple[ParcelFacts, ...]
    buyer_evidence: tuple[Token, ...]
    seller_evidence: tuple[Token, ...]
    buyer_plan: Plan | None
    seller_plan: Plan | None
    destination: Country
    carrier_service: Token
    category: Token | None
    platform_logistics: bool
    free_return: bool
    opened_at: Instant
    wanted_remedy: Literal["refund", "return"]
    back: ReturnFacts | None = None
