"""What notification hears, one canonical sentence of each kind, with overrides."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from aftersales.contracts import appeal, tracking
from aftersales.contracts import dispute as said
from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.extension import DisputeExtended
from notification.domain.refs import thread_ref
from notification.domain.thread import Thread
from notification.handlers import SERVICE
from tests.support.in_memory import BOOK, InMemory

NOW: Final = datetime(2025, 5, 1, 9, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
STANDARD: Final = BOOK.in_force(NOW).identity
PLAN: Final = {"remedy": "refund", "amount": 2000}
FILE: Final = {
    "units": (),
    "cap": 4198,
    "paid": 4198,
    "paid_left": 4198,
    "parcels": (),
    "buyer_evidence": (),
    "seller_evidence": (),
    "buyer_plan": PLAN,
    "seller_plan": None,
    "destination": "US",
    "carrier_service": "EMS",
    "category": None,
    "platform_logistics": False,
    "free_return": False,
    "opened_at": NOW,
    "wanted_remedy": "refund",
}
AMOUNTS: Final = {"refund": 2000, "compensation": 0, "freight": 0}
# What each step carries beside what all carry.
MORE: Final[dict[type[DisputeStep], dict[str, Any]]] = {
    said.DisputeOpened: {"want": PLAN},
    said.DisputePlanChanged: {"want": PLAN},
    said.DisputePlanRefused: {"counter": None},
    said.DisputeAgreed: {"agreement": "consensus", "plan": PLAN},
    said.DisputeTakenOver: {"file": FILE},
    said.DisputeHandedBack: {"how": "silence"},
    said.DisputeProposed: {"proposal": "p1", "plan": PLAN},
    said.DisputeProposalAccepted: {"party": "seller"},
    said.DisputeHoldEnded: {"cause": "delivered"},
    said.DisputeEvidenceAdded: {"party": "buyer", "evidence": ("photo", "brand_letter")},
    said.DisputeEvidenceCompleted: {"party": "seller"},
    said.DisputeEscalated: {"how": "automatic", "file": FILE},
    said.DisputeReviewStarted: {"file": FILE},
    said.DisputeFactsChanged: {"file": FILE},
    said.DisputeRuled: {"ruling": "r1", "rule": "R20", "liable": "seller", "remedy": "refund", **AMOUNTS},
    DisputeExtended: {"extension": "X1", "days": 10, "parcels": ()},
    said.DisputeReturnShipped: {"carrier": "EMS", "number": "EE9", "freight": 840},
    said.DisputeReturnDelivered: {},
    said.DisputeReturnConfirmed: {"how": "silence"},
    said.DisputeClosed: {"agreement": "arbitration", "rule": "R20", "liable": "seller", **AMOUNTS},
    appeal.DisputeFrozen: {},
    appeal.DisputeResumed: {"chargeback": "won", "frozen_at": NOW},
    appeal.DisputeAppealed: {
        "party": "seller",
        "evidence": ("photo",),
        "kept_off": ("kim",),
        "agreement": "arbitration",
        "rule": "R20",
        "liable": "seller",
        "file": FILE,
        **AMOUNTS,
    },
    appeal.DisputeAppealDecided: {"decision": "a1", "party": "seller", "outcome": "overturned", "reversed": 2000},
}

Step = TypeVar("Step", bound=DisputeStep)
News = TypeVar("News", bound=tracking.ParcelEvent)


def a_step(kind: type[Step], **changes: Any) -> Step:
    content: dict[str, Any] = {
        "order": "O1",
        "dispute": "D1",
        "buyer": "anna",
        "seller": "shop",
        "step": 1,
        "at": NOW,
        "state": "AWAITING_SELLER",
        "reason": "SNAD_QUALITY",
        "currency": "USD",
        "deadline": None,
        "waits": (),
        "policy": STANDARD,
        **MORE[kind],
        **changes,
    }
    return kind.model_validate(content)


def asks(party: str, task: str, until: datetime, silence: str | None = None) -> dict[str, Any]:
    return {"waits": ({"party": party, "task": task, "until": until, "silence": silence},)}


def a_refusal(**changes: Any) -> said.CommandRefused:
    content: dict[str, Any] = {
        "order": "O1",
        "dispute": "D1",
        "by": "anna",
        "command": "marketplace.escalation_requested",
        "slug": "too-early",
        "sentence": "The platform can be asked to decide from 2025-05-04 09:00:00 UTC on.",
        "cause": "c1",
        "at": NOW,
        **changes,
    }
    return said.CommandRefused.model_validate(content)


def news(kind: type[News], **changes: Any) -> News:
    content: dict[str, Any] = {
        "order": "O1",
        "parcel": "P1",
        "buyer": "anna",
        "seller": "shop",
        "carrier": "EMS",
        "number": "EE1",
        "shipped_at": NOW - DAY * 27,
        "promise_ends_at": NOW,
        "status": "in_transit",
        "scanned_at": NOW - DAY,
        "delivered_at": None,
        "attempted_at": None,
        "seen": ("in_transit",),
        "policy": STANDARD,
        **changes,
    }
    return kind.model_validate(content)


def a_world() -> InMemory:
    return InMemory(SERVICE, source="dispute")


def notices(world: InMemory, channel: str = "inbox") -> list[tuple[str, str]]:
    """Party and step of every notice, in order."""
    rows = [each.row for each in world.appended if each.table == "notice" and each.row["channel"] == channel]
    return [(row["party"], row["step"]) for row in rows]


def texts(world: InMemory, party: str) -> list[str]:
    rows = [each.row for each in world.appended if each.table == "notice" and each.row["channel"] == "inbox"]
    return [row["words"] for row in rows if row["party"] == party]


def thread(world: InMemory) -> Thread:
    found = world.states[thread_ref("O1")]
    assert isinstance(found, Thread)
    return found
