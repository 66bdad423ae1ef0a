"""The questions that the ruling table asks of a case. Findings outrank facts (rulebook 8.35-8.38, 8.47)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from aftersales.policy.model import Policy
from aftersales.rulebook.reasons import ALL, NOT_SHIPPED, REASONS, Family, family
from arbitration.domain.file import File, Parcel, Unit
from arbitration.domain.findings import Findings

# A promise no longer keeps a dispute waiting once its parcel was last seen so (rulebook 8.24).
JOURNEY_OVER: Final = frozenset({"delivered", "returning", "returned", "lost", "not_found"})


@dataclass(frozen=True, slots=True)
class Matter:
    """One case at one instant. found: what the agent stated, or what counts as found where nothing decides."""

    file: File
    reason: str
    stated: Findings
    found: Findings
    policy: Policy
    now: datetime

    @property
    def family(self) -> Family:
        return family(self.reason)

    @property
    def not_received(self) -> bool:
        return self.family is Family.NOT_RECEIVED

    @property
    def all_delivered(self) -> bool:
        """Whether every disputed unit travelled in a parcel that was delivered."""
        delivered = {parcel.id for parcel in self.file.parcels if parcel.delivered_at is not None}
        return all(unit.parcel in delivered for unit in self.file.units)

    @property
    def weak_proof(self) -> bool:
        return self.found.delivery_proof == "weak"

    @property
    def missing_parcels(self) -> tuple[Unit, ...]:
        """What "full" means where parcels count: the units not delivered; all, if all were or the proof is weak."""
        if self.weak_proof or self.all_delivered:
            return self.file.units
        delivered = {parcel.id for parcel in self.file.parcels if parcel.delivered_at is not None}
        return tuple(unit for unit in self.file.units if unit.parcel not in delivered)

    @property
    def late_parcels(self) -> tuple[Parcel, ...]:
        """Delivered at or after the promise end, without an attempt in time (rulebook 8.12, 8.16)."""
        return tuple(parcel for parcel in self.file.parcels if _late(parcel))

    @property
    def came_back(self) -> tuple[Unit, ...]:
        """The units whose parcel was scanned `returned` (rulebook 8.39)."""
        back = {parcel.id for parcel in self.file.parcels if "returned" in parcel.seen}
        return tuple(unit for unit in self.file.units if unit.parcel in back)

    @property
    def promised_until(self) -> datetime | None:
        """When the promise ends that keeps this from escalation by hand; None: nothing does (rulebook 8.24, 8.38)."""
        if not self.not_received or self.reason == NOT_SHIPPED or self.weak_proof:
            return None
        under_way = [parcel.promise_ends_at for parcel in self.file.parcels if parcel.status not in JOURNEY_OVER]
        return max((end for end in under_way if self.now < end), default=None)

    def last_scan(self, status: str) -> bool:
        """Whether a parcel that did not arrive was last seen so; no fact beside a deciding finding (rulebook 8.47)."""
        return self.not_received and not self.stated.deciding and any(p.status == status for p in self.file.parcels)


def matter(file: File, reason: str, stated: Findings, policy: Policy, now: datetime) -> Matter:
    return Matter(file, reason, stated, stated if stated.deciding else _presumed(file, reason, stated), policy, now)


def _late(parcel: Parcel) -> bool:
    if parcel.delivered_at is None or parcel.delivered_at < parcel.promise_ends_at:
        return False
    return parcel.attempted_at is None or parcel.attempted_at >= parcel.promise_ends_at


def _presumed(file: File, reason: str, stated: Findings) -> Findings:
    """What counts as found: the buyer's own word, and with evidence of theirs what the reason says (8.36)."""
    known = REASONS[reason]
    if not known.own_word and not file.buyer_evidence:
        return stated
    every_unit = tuple(range(len(file.units)))
    return replace(stated, **{name: every_unit if said is ALL else said for name, said in known.counts_as.items()})
