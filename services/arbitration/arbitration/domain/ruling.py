"""A ruling and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from aftersales.contracts.arbitration import FreightBearer, Payer
from aftersales.contracts.dispute import Liable


class RulingStatus(StrEnum):
    AWAITING_SECOND = "awaiting_second"  # above the limit of four eyes: nobody outside has heard of it
    SENT = "sent"  # dispute has been told and decides under its own lock
    EXECUTED = "executed"
    OVERTAKEN = "overtaken"  # dispute had moved on, or the amount no longer fits; `why` says which
    LAPSED = "lapsed"  # never sent: the facts changed, or another ruling or the end of the case came first


class Ruling(Struct, frozen=True, omit_defaults=True):
    """Amounts in minor units. agent: None for the fallback ruling. explanation: rule, facts, policy and arithmetic."""

    id: str
    status: RulingStatus
    made_at: datetime
    agent: str | None
    rule: str
    title: str
    liable: Liable
    remedy: str
    refund: int
    compensation: int
    freight: int
    payer: Payer
    carrier_claim: int
    counts_for_seller: bool
    departed: str | None
    findings: dict[str, Any]
    explanation: dict[str, Any]
    freight_bearer: FreightBearer | None = None
    second: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    why: str | None = None
