"""The case as a subject, and the rows that its search reads."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aftersales.decision import SubjectRef
from aftersales.service import MAX_STATE, Kind, View
from arbitration.domain.case import Case
from arbitration.domain.extension import Extension

CASE: Final = "case"
EXTENSION: Final = "extension"
# Cases that wait for nothing come last in the queue; a column that is never null keeps its pages in one order.
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


def case_ref(dispute: str) -> SubjectRef:
    """The case of a dispute: one row, whatever the number of escalations."""
    return SubjectRef(CASE, dispute)


def extension_ref(extension: str) -> SubjectRef:
    return SubjectRef(EXTENSION, extension)


def _columns(case: Case) -> Mapping[str, Any]:
    return {
        "order_id": case.order,
        "buyer": case.buyer,
        "seller": case.seller,
        "status": case.status.value,
        "agent": case.agent,
        "reason": case.reason,
        "currency": case.currency,
        "amount": case.amount,
        "opened_at": case.opened_at,
        "due": case.due,
        "urgency": case.due or NEVER,
    }


def _numbers(subject: str, case: Case) -> Iterable[Mapping[str, Any]]:
    return [{"case_id": subject, "number": number} for number in sorted({p.number for p in case.file.parcels})]


NUMBERS: Final = View("case_numbers", ("case_id", "number"), _numbers)
# A file says of every unit what the order's row says once a line, and a ruling says it again. How much a dispute may
# hold is decided where it is opened: what was taken there must be ruled on here.
CASES: Final = Kind(CASE, "cases", Case, _columns, views=(NUMBERS,), most=4 * MAX_STATE)
EXTENSIONS: Final = Kind(EXTENSION, "extensions", Extension)
