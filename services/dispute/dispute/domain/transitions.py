"""What may happen to a dispute: the table of rulebook section 5, as data.

The handlers, `allowed_actions`, the generated page and the exhaustive test all read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from aftersales.contracts.arbitration import (
    AppealDecided,
    CaseProposed,
    CaseRuled,
    DisputeExtensionGranted,
    ServiceDecided,
)
from aftersales.contracts.dispute import DisputeState
from aftersales.contracts.envelope import Event
from aftersales.contracts.marketplace import (
    AppealMade,
    ChargebackLost,
    ChargebackOpened,
    ChargebackWon,
    ComplaintCancelled,
    ComplaintMade,
    EscalationRequested,
    EvidenceAdded,
    EvidenceCompleted,
    PlanAccepted,
    PlanChanged,
    PlanRefused,
    ReceiptConfirmed,
    RefundExecuted,
    RefundFailed,
    ReturnConfirmed,
    ReturnContested,
    ReturnShipped,
)
from aftersales.contracts.tracking import ParcelEvent, ReturnScanned
from dispute.domain.states import (
    APPEAL_REVIEW,
    ARBITRATION,
    ARBITRATION_EVIDENCE,
    ARBITRATION_REVIEW,
    AWAITING,
    AWAITING_BUYER,
    AWAITING_SELLER,
    CLOSED_CANCELLED,
    CLOSED_EXTERNAL,
    CLOSED_NO_RETURN,
    CLOSED_REFUNDED,
    CLOSED_REJECTED,
    ENDED,
    HELD_IN_TRANSIT,
    OPEN,
    PLATFORM_PROPOSED,
    REFUND_PENDING,
    RETURN_AWAITING_SHIPMENT,
    RETURN_IN_TRANSIT,
    SERVICE_REVIEW,
)

By = Literal["buyer", "seller", "platform", "tracking", "payment", "timer"]
States = tuple[DisputeState, ...]
EXECUTED: Final[States] = (REFUND_PENDING, RETURN_AWAITING_SHIPMENT, CLOSED_REJECTED)
OPENED: Final[States] = (AWAITING_SELLER, HELD_IN_TRANSIT, SERVICE_REVIEW)

# Kinds of timers.
ANSWER_DUE: Final = "answer_due"
ESCALATION_DUE: Final = "escalation_due"
HOLD_DUE: Final = "hold_due"
HOLD_OVERDUE: Final = "hold_overdue"
CONFIRM_DUE: Final = "confirm_due"
EVIDENCE_DUE: Final = "evidence_due"
SHIP_RETURN_DUE: Final = "ship_return_due"
CONFIRM_RETURN_DUE: Final = "confirm_return_due"
REVIEW_DUE: Final = "review_due"
PROPOSAL_DUE: Final = "proposal_due"
REFUND_ALARM: Final = "refund_alarm"
REFUND_AGAIN: Final = "refund_again"
ORDER_UNKNOWN: Final = "order_unknown"
ESCROW_RELEASE: Final = "escrow_release"
DEBT_COLLECTED: Final = "debt_collected"


@dataclass(frozen=True, slots=True)
class Transition:
    """From one of `sources` (None: no dispute yet) to one of `to`, when `what` is said by one of `by`, or fires.

    `to` empty: the state stays as it is.
    """

    number: str
    sources: tuple[DisputeState | None, ...]
    what: type[Event] | str
    by: tuple[By, ...]
    to: States


BOTH: Final[tuple[By, ...]] = ("buyer", "seller")
BUYER: Final[tuple[By, ...]] = ("buyer",)
SELLER: Final[tuple[By, ...]] = ("seller",)
DESK: Final[tuple[By, ...]] = ("platform",)
CARRIER: Final[tuple[By, ...]] = ("tracking",)
PROVIDER: Final[tuple[By, ...]] = ("payment",)
TIMER: Final[tuple[By, ...]] = ("timer",)

NEW: Final = (None,)
GATHERING: Final[States] = (*AWAITING, HELD_IN_TRANSIT, SERVICE_REVIEW, ARBITRATION_EVIDENCE)
# What the buyer's bank decides about, where it takes the money back (rulebook 8.20).
TAKEN_OVER: Final[States] = tuple(state for state in OPEN if state not in (APPEAL_REVIEW, REFUND_PENDING))

TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition("1", NEW, ComplaintMade, BUYER, OPENED),
    Transition("2", AWAITING, PlanChanged, BUYER, (AWAITING_SELLER, HELD_IN_TRANSIT)),
    Transition("3", (AWAITING_SELLER,), PlanAccepted, SELLER, EXECUTED),
    Transition("4", (AWAITING_SELLER,), PlanRefused, SELLER, (AWAITING_BUYER,)),
    Transition("5", (AWAITING_BUYER,), PlanAccepted, BUYER, EXECUTED),
    Transition("6", (AWAITING_SELLER,), ANSWER_DUE, TIMER, (*EXECUTED, ARBITRATION_EVIDENCE)),
    Transition("7", AWAITING, EscalationRequested, BUYER, (ARBITRATION_EVIDENCE,)),
    Transition("8", AWAITING, ESCALATION_DUE, TIMER, (ARBITRATION_EVIDENCE,)),
    Transition("9", (HELD_IN_TRANSIT,), ParcelEvent, CARRIER, (ARBITRATION_EVIDENCE,)),
    Transition("9", (HELD_IN_TRANSIT,), HOLD_DUE, TIMER, (ARBITRATION_EVIDENCE,)),
    Transition("9", (HELD_IN_TRANSIT,), HOLD_OVERDUE, TIMER, (ARBITRATION_EVIDENCE,)),
    Transition("10", (HELD_IN_TRANSIT,), ParcelEvent, CARRIER, (AWAITING_SELLER,)),
    Transition("11", (HELD_IN_TRANSIT,), ParcelEvent, CARRIER, (AWAITING_BUYER,)),
    Transition("11", (HELD_IN_TRANSIT, AWAITING_BUYER), ReceiptConfirmed, BUYER, (CLOSED_CANCELLED,)),
    Transition("12", (AWAITING_SELLER,), PlanAccepted, BUYER, EXECUTED),
    Transition("12", (AWAITING_BUYER,), PlanAccepted, SELLER, EXECUTED),
    Transition("12", (HELD_IN_TRANSIT, ARBITRATION_EVIDENCE, ARBITRATION_REVIEW), PlanAccepted, BOTH, EXECUTED),
    Transition(
        "13",
        (*AWAITING, HELD_IN_TRANSIT, *ARBITRATION, RETURN_AWAITING_SHIPMENT, SERVICE_REVIEW),
        ComplaintCancelled,
        BUYER,
        (CLOSED_CANCELLED,),
    ),
    Transition("14", GATHERING, EvidenceAdded, BOTH, GATHERING),
    Transition("15", (ARBITRATION_EVIDENCE,), EvidenceCompleted, BOTH, (ARBITRATION_EVIDENCE, ARBITRATION_REVIEW)),
    Transition("15", (ARBITRATION_EVIDENCE,), EVIDENCE_DUE, TIMER, (ARBITRATION_REVIEW,)),
    Transition("16", (ARBITRATION_REVIEW,), CaseProposed, DESK, (PLATFORM_PROPOSED,)),
    Transition("17", (ARBITRATION_REVIEW, PLATFORM_PROPOSED), CaseRuled, DESK, EXECUTED),
    Transition("18", (RETURN_AWAITING_SHIPMENT,), ReturnShipped, BUYER, (RETURN_IN_TRANSIT,)),
    Transition("19", (RETURN_IN_TRANSIT,), ReturnConfirmed, SELLER, (REFUND_PENDING, CLOSED_REJECTED)),
    Transition("20", (RETURN_IN_TRANSIT,), ReturnContested, SELLER, (ARBITRATION_EVIDENCE,)),
    Transition(
        "21", (RETURN_IN_TRANSIT,), ReturnScanned, CARRIER, (REFUND_PENDING, CLOSED_REJECTED, ARBITRATION_EVIDENCE)
    ),
    Transition("22", (REFUND_PENDING,), RefundExecuted, PROVIDER, (CLOSED_REFUNDED,)),
    Transition("23", (SERVICE_REVIEW,), ServiceDecided, DESK, (REFUND_PENDING, CLOSED_REJECTED, AWAITING_SELLER)),
    Transition("24", ENDED, AppealMade, BOTH, (APPEAL_REVIEW,)),
    Transition("25", (APPEAL_REVIEW,), AppealDecided, DESK, (*ENDED, REFUND_PENDING)),
    Transition("26", (CLOSED_CANCELLED,), ComplaintMade, BUYER, OPENED),
    Transition("27", OPEN, ChargebackOpened, PROVIDER, ()),
    Transition("27", OPEN, ChargebackWon, PROVIDER, ()),
    Transition("27", TAKEN_OVER, ChargebackLost, PROVIDER, (CLOSED_EXTERNAL,)),
    Transition("28", OPEN, DisputeExtensionGranted, DESK, ()),
    Transition("29", (PLATFORM_PROPOSED,), PlanRefused, BOTH, (ARBITRATION_REVIEW,)),
    Transition("30", (PLATFORM_PROPOSED,), PlanAccepted, BOTH, (PLATFORM_PROPOSED, *EXECUTED)),
    Transition("30", (PLATFORM_PROPOSED,), PROPOSAL_DUE, TIMER, EXECUTED),
    Transition("31", (AWAITING_BUYER,), CONFIRM_DUE, TIMER, (CLOSED_CANCELLED,)),
    Transition("31", (ARBITRATION_REVIEW,), REVIEW_DUE, TIMER, (ARBITRATION_REVIEW,)),
    Transition("31", (RETURN_AWAITING_SHIPMENT,), SHIP_RETURN_DUE, TIMER, (CLOSED_NO_RETURN,)),
    Transition("31", (RETURN_IN_TRANSIT,), CONFIRM_RETURN_DUE, TIMER, (REFUND_PENDING, CLOSED_REJECTED)),
    Transition("32", (REFUND_PENDING,), RefundFailed, PROVIDER, (REFUND_PENDING,)),
)

# What a party calls its moves, over HTTP and in `allowed_actions`.
ACTIONS: Final[dict[type[Event], str]] = {
    ComplaintMade: "open",
    PlanChanged: "plan",
    PlanAccepted: "accept",
    PlanRefused: "refuse",
    EscalationRequested: "escalate",
    ComplaintCancelled: "cancel",
    EvidenceAdded: "evidence",
    EvidenceCompleted: "evidence-done",
    ReturnShipped: "return-shipped",
    ReturnConfirmed: "return-confirmed",
    ReturnContested: "return-contested",
    AppealMade: "appeal",
}

# Looked up with every command. Of two rows that fit, the first one counts.
_ROWS: Final = {(source, row.what, by): row for row in reversed(TRANSITIONS) for source in row.sources for by in row.by}


def of(what: type[Event] | str) -> Iterator[Transition]:
    """Every row that is about this happening."""
    return (row for row in TRANSITIONS if row.what is what or row.what == what)


def find(state: DisputeState | None, what: type[Event] | str, by: By) -> Transition | None:
    """The row for a happening in a state, None where the table has none."""
    return _ROWS.get((state, what, by))
