"""Force majeure at the desk: what is said of it, what of a case moves, and what dispute answers (28; 8.21, 8.43)."""

from datetime import datetime
from typing import Any

import pytest

from aftersales.contracts.appeal import DisputeAppealed
from aftersales.contracts.arbitration import (
    AppealDecided,
    CaseAssigned,
    CaseRuled,
    DisputeExtensionGranted,
    LaneExtended,
    ParcelsExtended,
    ServiceDecided,
)
from aftersales.contracts.dispute import DisputeEscalated, DisputeProposed, DisputeReviewStarted, DisputeTakenOver
from aftersales.contracts.extension import DisputeExtended, ExtensionRefused
from aftersales.decision import Decision, Outcome
from arbitration.domain.appeal import Appeal
from arbitration.domain.case import Case, CaseStatus
from arbitration.domain.commands import ExtensionGranted, ProposalMade
from arbitration.domain.extension import Extension, ExtensionStatus
from arbitration.handlers import SERVICE
from arbitration.store.kinds import case_ref, extension_ref
from tests.rules.arbitration.builders import DAY, NOW, SECOND, a_case
from tests.rules.arbitration.spoken import a_step
from tests.rules.arbitration.world import case
from tests.support.in_memory import InMemory

GRANTED = NOW + DAY
TEN_DAYS = 10 * DAY
OF_DISPUTE: dict[str, Any] = {"order": "O1", "dispute": "D1"}
OF_LANE: dict[str, Any] = {"carrier_service": "EMS", "destination": "US"}


def granted(world: InMemory | None = None, about: dict[str, str] = OF_DISPUTE) -> InMemory:
    world = world or InMemory(SERVICE, source="dispute")
    said = {"extension": "X1", "agent": "sue", "days": 10, **about}
    world.hear(ExtensionGranted.model_validate(said), GRANTED)
    return world


def extended(world: InMemory, state: str = "ARBITRATION_REVIEW", **differs: Any) -> Decision:
    """Dispute has moved its deadlines by ten days."""
    told = {"step": 20, "at": GRANTED, "state": state, "extension": "X1", "days": 10, "parcels": (), **differs}
    [decision] = world.hear(a_step(DisputeExtended, **told), GRANTED)
    return decision


def refused(world: InMemory) -> Decision:
    told = {"order": "O1", "dispute": "D1", "extension": "X1", "slug": "dispute-closed", "sentence": "It is closed."}
    [decision] = world.hear(ExtensionRefused.model_validate({**told, "state": None}), GRANTED + DAY)
    return decision


def kept(world: InMemory) -> Extension:
    found = world.states[extension_ref("X1")]
    assert isinstance(found, Extension)
    return found


# -- granted -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "status"), [(OF_DISPUTE, ExtensionStatus.SENT), (OF_LANE, ExtensionStatus.PUBLISHED)]
)
def test_kept_as_it_was_granted(about: dict[str, str], status: ExtensionStatus) -> None:
    assert kept(granted(about=about)) == Extension("X1", 10, "sue", GRANTED, status, **about)


def test_a_disputes_is_said_to_dispute_and_a_lanes_to_whom_it_may_concern() -> None:
    said: dict[str, Any] = {"extension": "X1", "days": 10, "at": GRANTED, "agent": "sue"}
    assert granted().said == [DisputeExtensionGranted(**said, **OF_DISPUTE)]
    assert granted(about=OF_LANE).said == [LaneExtended(**said, **OF_LANE)]


# -- what dispute answers ----------------------------------------------------------------------------------------------


def test_the_parcels_of_a_held_dispute_are_named_to_who_tracks_them() -> None:
    world = granted()
    extended(world, "HELD_IN_TRANSIT", parcels=("P1", "P2"))
    [told] = world.told(ParcelsExtended)
    assert (told.extension, told.days, told.dispute, told.parcels) == ("X1", 10, "D1", ("P1", "P2"))
    assert kept(world).status is ExtensionStatus.EXECUTED


def test_where_no_promise_moves_no_parcels_are_named() -> None:
    world = granted()
    extended(world)
    assert (world.told(ParcelsExtended), kept(world).status) == ([], ExtensionStatus.EXECUTED)


def test_refused_it_says_why() -> None:
    world = granted()
    refused(world)
    assert (kept(world).status, kept(world).why) == (ExtensionStatus.REFUSED, "dispute-closed: It is closed.")


def test_nothing_when_it_was_answered_before() -> None:
    world = granted()
    extended(world)
    before = kept(world)
    assert (refused(world).slug, extended(world).slug) == ("already-heard", "already-heard")
    assert kept(world) == before


def test_nothing_when_the_desk_granted_no_such_extension() -> None:
    world = InMemory(SERVICE, source="dispute")
    assert (extended(world).slug, refused(world).slug) == ("not-its-own", "already-heard")
    assert world.states == {}


def test_nothing_when_it_was_a_lanes() -> None:
    world = granted(about=OF_LANE)
    before = kept(world)
    assert extended(world, "HELD_IN_TRANSIT", parcels=("P1",)).slug == "not-its-own"
    assert (kept(world), world.told(ParcelsExtended)) == (before, [])


# -- what of a case moves ----------------------------------------------------------------------------------------------


def in_evidence() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    step: dict[str, Any] = {"step": 3, "state": "ARBITRATION_EVIDENCE", "how": "automatic", "deadline": NOW + 3 * DAY}
    world.hear(a_step(DisputeEscalated, at=NOW, **step), NOW)
    return world


def in_review() -> InMemory:
    world = in_evidence()
    world.hear(a_step(DisputeReviewStarted, step=4, at=NOW), NOW)
    return world


def proposed() -> InMemory:
    """The parties may answer until the fifth day."""
    world = in_review()
    want = {"remedy": "refund", "amount": 1500}
    made = ProposalMade.model_validate({"case": "D1", "agent": "lee", "seen": case(world).version, "want": want})
    [decision] = world.hear(made, NOW)
    assert decision.answer is not None
    told: dict[str, Any] = {"proposal": decision.answer["decision"], "plan": want, "deadline": NOW + 4 * DAY}
    world.hear(a_step(DisputeProposed, step=5, at=NOW, state="PLATFORM_PROPOSED", **told), NOW)
    return world


def before_the_service() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    step: dict[str, Any] = {"step": 2, "state": "SERVICE_REVIEW", "deadline": NOW + 5 * DAY}
    world.hear(a_step(DisputeTakenOver, at=NOW, **step), NOW)
    return world


def in_appeal() -> InMemory:
    world = InMemory(SERVICE, source="dispute")
    ended: dict[str, Any] = {"agreement": "arbitration", "rule": "R20", "liable": "seller", "refund": 4198}
    made: dict[str, Any] = {"party": "seller", "evidence": ("invoice",), "kept_off": ("kim",), **ended}
    step: dict[str, Any] = {"step": 9, "state": "APPEAL_REVIEW", "deadline": NOW + 7 * DAY}
    world.hear(a_step(DisputeAppealed, at=NOW, compensation=0, freight=0, **step, **made), NOW)
    return world


def falls(world: InMemory, kind: type[Any], at: datetime) -> None:
    """Such an event is said at that very instant and not before."""
    world.until(at - SECOND)
    assert world.told(kind) == []
    world.until(at)
    assert len(world.told(kind)) == 1


def test_both_dates_of_a_review_are_later() -> None:
    world = granted(in_review())
    extended(world)
    falls(world, CaseAssigned, NOW + 7 * DAY + TEN_DAYS)
    falls(world, CaseRuled, NOW + 14 * DAY + TEN_DAYS)


def test_the_evidence_window_ends_later() -> None:
    world = granted(in_evidence())
    extended(world, "ARBITRATION_EVIDENCE", deadline=NOW + 13 * DAY)
    assert case(world).evidence_until == NOW + 13 * DAY


def test_a_proposal_may_be_answered_as_long_as_dispute_says() -> None:
    world = granted(proposed())
    extended(world, "PLATFORM_PROPOSED", deadline=NOW + 14 * DAY)
    assert case(world).due == NOW + 14 * DAY


def test_the_platforms_service_has_until_dispute_says() -> None:
    world = granted(before_the_service())
    extended(world, "SERVICE_REVIEW", deadline=NOW + 15 * DAY)
    falls(world, ServiceDecided, NOW + 15 * DAY)


def test_an_appeal_may_be_decided_until_dispute_says() -> None:
    world = granted(in_appeal())
    extended(world, "APPEAL_REVIEW", deadline=NOW + 17 * DAY)
    assert case(world).due == NOW + 17 * DAY
    falls(world, AppealDecided, NOW + 17 * DAY)


def test_another_extension_comes_on_top() -> None:
    world = granted(in_review())
    extended(world)
    world.hear(ExtensionGranted.model_validate({"extension": "X2", "agent": "sue", "days": 10, **OF_DISPUTE}), GRANTED)
    extended(world, extension="X2", step=21)
    falls(world, CaseAssigned, NOW + 7 * DAY + 2 * TEN_DAYS)


ENDED = Appeal("seller", NOW, NOW + 7 * DAY)


@pytest.mark.parametrize(
    "known",
    [None, a_case(status=CaseStatus.RULED), a_case(status=CaseStatus.APPEAL_DECIDED, appeal=ENDED)],
)
def test_no_case_moves_that_the_desk_has_not_before_it(known: Case | None) -> None:
    world = granted()
    if known is not None:
        world.states[case_ref("D1")] = known
    decision = extended(world, deadline=NOW + 17 * DAY)
    assert (decision.outcome, decision.others, decision.timers) == (Outcome.APPLIED, {}, ())
