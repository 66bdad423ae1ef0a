"""One canonical file and case, with overrides. O1 of the rulebook: 2 x 19.99 USD, shipping 5.00, discount 3.00."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from msgspec.structs import replace

from aftersales.decision import Given, TimerFired
from aftersales.identity import NAMESPACE
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import load_book
from arbitration.domain.case import Case, CaseStatus, Round
from arbitration.domain.file import File, Parcel, Plan, Unit, lots
from arbitration.rules.recommend import Recommendation, recommend
from arbitration.store.kinds import case_ref
from tests.support.written import SENTENCE

BOOK: Final = load_book()
STANDARD: Final = BOOK.in_force(datetime(2025, 1, 1, tzinfo=UTC))
SHIPPED: Final = datetime(2025, 3, 1, tzinfo=UTC)
PROMISED: Final = datetime(2025, 3, 28, tzinfo=UTC)
NOW: Final = datetime(2025, 5, 9, 9, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


def a_unit(number: int = 1, **changes: Any) -> Unit:
    unit = Unit(line="L1", number=number, parcel="P1", net=1849, shipping=250, tax=0, charged_price=1999)
    return replace(unit, **changes)


def a_parcel(id: str = "P1", **changes: Any) -> Parcel:  # noqa: A002
    parcel = Parcel(
        id=id,
        carrier="EMS",
        number="EE123456785CN",
        shipped_at=SHIPPED,
        promise_ends_at=PROMISED,
        status="in_transit",
        delivered_at=None,
        attempted_at=None,
        seen=("in_transit",),
        extended=False,
    )
    return replace(parcel, **changes)


def delivered(at: datetime, **changes: Any) -> Parcel:
    return a_parcel(status="delivered", delivered_at=at, seen=("in_transit", "delivered"), **changes)


IN_TIME: Final = delivered(PROMISED - SECOND)


def a_file(**changes: Any) -> File:
    """Two units in one parcel; the cap is what they cost unless it is named."""
    units = changes.pop("units", (a_unit(1), a_unit(2)))
    whole = sum(unit.whole for unit in units)
    file = File(
        lots=lots(units),
        parcels=(a_parcel(),),
        cap=whole,
        paid=whole,
        paid_left=whole,
        buyer_evidence=(),
        seller_evidence=(),
        buyer_plan=Plan("refund", 4198),
        seller_plan=None,
        destination="US",
        carrier_service="EMS",
        category=None,
        platform_logistics=False,
        free_return=False,
    )
    return replace(file, **changes)


def ruled(reason: str, file: File | None = None, *, now: datetime = NOW, **findings: Any) -> Recommendation:
    recommended = recommend(file or a_file(), reason, findings, STANDARD, now)
    assert recommended.refused is None or SENTENCE.fullmatch(recommended.sentence or ""), recommended
    return recommended


def summary(recommendation: Recommendation) -> tuple[str | None, str, str, int, int]:
    """Rule, liable, remedy, refund and compensation."""
    r = recommendation
    assert r.refused is None, r.sentence
    return (r.rule, r.liable, r.remedy, r.refund, r.compensation)


def a_case(**changes: Any) -> Case:
    """A counterfeit claim in review since 7 May, in nobody's hands."""
    review_at = datetime(2025, 5, 7, 9, tzinfo=UTC)
    case = Case(
        id="D1",
        order="O1",
        buyer="anna",
        seller="shop",
        reason="SNAD_COUNTERFEIT",
        currency="USD",
        policy=STANDARD.identity,
        step=4,
        status=CaseStatus.REVIEW,
        file=a_file(parcels=(IN_TIME,), buyer_evidence=("photo",)),
        rounds=(Round(1, review_at - 3 * DAY, "by_hand", review_at),),
        evidence_until=review_at,
        version=2,
        review_at=review_at,
        reassign_at=review_at + 7 * DAY,
        fallback_at=review_at + 14 * DAY,
    )
    return replace(case, **changes)


def given(now: datetime = NOW, *, name: str = "cause", policies: PolicyBook = BOOK, **changes: Any) -> Given:
    cause: UUID = uuid5(NAMESPACE, name)
    return Given(now=now, arrived_at=now, cause=cause, policies=policies, **changes)


def fired(kind: str, due: datetime, case: Case) -> TimerFired:
    assert case.review_at is not None
    return TimerFired(kind, due, case_ref(case.id), {"review_at": case.review_at.isoformat()})
