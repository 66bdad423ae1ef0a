"""A policy: every number of rulebook section 2, typed. Fields are named as its parameters, dots as underscores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Override:
    """A calendar override: for timers that start in [since, until), of orders that equal `scope` (rulebook 8.23).

    value: replaces the parameter; add_days: added to it. One of them is None.
    """

    since: datetime
    until: datetime
    parameter: str
    value: Any = None
    add_days: int | None = None
    scope: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eligible:
    """What the platform service may take over (`service.eligible`); `*` in a set is "all"."""

    reasons: frozenset[str]
    remedies: frozenset[str]
    categories: frozenset[str]
    destinations: frozenset[str]
    carrier_services: frozenset[str]
    enrolled: bool  # only sellers who enrolled


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules' numbers. Durations are exact; `*_business_days` count working days of the calendar.

    Money is minor units of the order's currency. None means the rule is off, as the comment of the parameter says.
    """

    name: str
    version: int
    content: str  # hash of the content, hex
    effective_from: datetime

    open_earliest_after_ship: timedelta
    open_latest: timedelta
    ship_within: timedelta
    held_confirm: timedelta
    open_in_transit: Literal["hold", "refuse"]
    open_per_line: int
    reopen_max: int
    seller_response: timedelta
    seller_silence: Literal["execute"]
    escalate_manual_from: timedelta | None  # None: no escalation by hand
    escalate_manual_to: timedelta | None
    escalate_auto_at: timedelta
    arbitration_evidence_window: timedelta
    arbitration_reassign_after: timedelta
    arbitration_fallback_after: timedelta
    arbitration_proposal_accept: timedelta
    appeal_window: timedelta
    appeal_count: int
    appeal_review_business_days: int
    return_ship_by: timedelta
    return_seller_confirm: timedelta
    return_seller_confirm_delivered: timedelta
    return_freight_payer: Mapping[str, Literal["buyer", "seller", "platform"]]  # by reason family, and FREE_RETURN
    return_freight_cap: int | None  # None: no cap
    service_review_business_days: int
    service_eligible: Eligible
    service_cap: int  # 0: the platform service is off
    force_majeure_payer: Literal["seller", "platform"]
    counterfeit_multiple: int
    counterfeit_base: Literal["charged_unit_price", "net_paid_goods"]
    late_table: tuple[tuple[int | None, int], ...]  # (up to this many started days late, percent); last None: any more
    quality_table: Mapping[str, int]  # grade to percent of net goods
    promise_max: Mapping[str, int]  # destination to days, "*" for every other
    promise_default: Mapping[str, int]  # carrier service to days, "*" for every other
    reminder_before: tuple[timedelta, ...]
    four_eyes_above: Mapping[str, int]  # currency to minor units, "*" for any other; neither listed: no limit
    auto_rule_below: int
    display_zone: str
    calendar: str  # "weekdays", or a country the calendar knows

    overrides: tuple[Override, ...] = ()

    @property
    def identity(self) -> str:
        """How events and decisions name it: `standard@1#3f2a9c0d`."""
        return f"{self.name}@{self.version}#{self.content[:8]}"
