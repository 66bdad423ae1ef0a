"""From when and until when a party may act, where windows, outages and a promise meet (rulebook 8.14, 8.19, 8.24)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from aftersales.contracts.dispute import Party
from aftersales.contracts.marketplace import OrderCancelled, OrderPaid
from aftersales.decision import Outage, SubjectRef
from aftersales.policy.book import PolicyBook
from aftersales.policy.parse import with_changes
from dispute.rules.actions import Action, allowed_actions
from tests.rules.dispute import builders as say
from tests.rules.dispute.appeals import BY, CLOSED, ENDS, PARTIES, consensus, ruled
from tests.rules.dispute.builders import DAY, OPENED, PROMISED, SECOND
from tests.rules.dispute.test_hold import held
from tests.rules.dispute.test_proposals import ANSWER_BY, PROPOSED, proposed
from tests.rules.dispute.test_proposals import in_review as reviewed
from tests.rules.dispute.test_service import taken_over
from tests.rules.dispute.world import World, a_world, opened, slug, with_policy

HOURS = timedelta(hours=6)


def allowed(world: World, party: Party, name: str, now: datetime | None = None) -> Action | None:
    at = now or world.now
    given: dict[str, Any] = {"now": at, "policies": world.policies, "outages": world.outages}
    return next(
        (one for one in allowed_actions(world.order, world.dispute(), party, **given) if one.name == name), None
    )


def deaf_around(end: datetime) -> tuple[Outage, ...]:
    return (Outage(end - SECOND, end - SECOND + HOURS),)


def refused(**policy: Any) -> World:
    world = with_policy(a_world(), **policy) if policy else a_world()
    world.hear(say.a_complaint(), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    return world


def test_an_outage_at_the_end_of_the_appeal_window_lengthens_it() -> None:
    world = ruled()
    world.outages = deaf_around(ENDS)
    assert allowed(world, "buyer", "appeal") == Action("appeal", CLOSED, ENDS + HOURS)
    assert allowed(world, "buyer", "appeal", ENDS) is not None
    assert allowed(world, "buyer", "appeal", ENDS + HOURS) is None


def test_an_outage_at_the_end_of_the_answer_lengthens_it() -> None:
    world = opened()
    world.outages = deaf_around(OPENED + 5 * DAY)
    assert allowed(world, "seller", "refuse") == Action("refuse", OPENED, OPENED + 5 * DAY + HOURS)


def test_escalation_by_hand_ends_with_its_window_where_that_is_before_the_automatic_one() -> None:
    world = refused(escalate_auto_at=20 * DAY)
    assert allowed(world, "buyer", "escalate") == Action("escalate", OPENED + 3 * DAY, OPENED + 15 * DAY)
    world.outages = deaf_around(OPENED + 15 * DAY)
    assert allowed(world, "buyer", "escalate") == Action("escalate", OPENED + 3 * DAY, OPENED + 15 * DAY + HOURS)


@pytest.mark.parametrize("lacking", ["escalate_manual_from", "escalate_manual_to"])
def test_no_escalation_by_hand_without_a_beginning_or_an_end(lacking: str) -> None:
    world = refused(**{lacking: None})
    assert allowed(world, "buyer", "escalate") is None
    assert slug(world.hear(say.escalation(), OPENED + 4 * DAY)) == "not-by-hand"


def test_no_escalation_by_hand_before_the_seller_was_heard() -> None:
    assert allowed(opened(), "buyer", "escalate") is None


def test_no_escalation_by_hand_where_its_window_ends_as_it_begins() -> None:
    assert allowed(refused(escalate_auto_at=3 * DAY), "buyer", "escalate") is None


def test_escalation_by_hand_waits_for_a_running_promise() -> None:
    world = with_policy(a_world(say.shipped(), say.anomalous("customs_hold", OPENED - DAY)), escalate_auto_at=12 * DAY)
    world.hear(say.not_received(reason="INR_CUSTOMS_HELD"), OPENED)
    world.hear(say.a_refusal(), OPENED + DAY)
    assert allowed(world, "buyer", "escalate") == Action("escalate", PROMISED, OPENED + 12 * DAY)


def test_goods_on_their_way_back_are_not_withdrawn() -> None:
    world = opened(want=say.goods_back(4198))
    world.hear(say.accepted(return_address="Dock 4"), OPENED)
    assert allowed(world, "buyer", "cancel") == Action("cancel", OPENED, OPENED + 10 * DAY)
    world.hear(say.return_shipped(0), OPENED + DAY)
    world.hear(say.return_contested(), OPENED + 2 * DAY)
    assert allowed(world, "buyer", "cancel") is None


def test_a_plan_is_accepted_only_where_goods_can_go_back() -> None:
    world = opened(want=say.goods_back(4198))
    assert allowed(world, "seller", "accept") is not None
    world.states[SubjectRef("order", "O1")] = world.order.keeping(replace(world.dispute(), reason="LATE_COMPENSATION"))
    assert allowed(world, "seller", "accept") is None


def test_evidence_is_done_once_a_party() -> None:
    world = refused()
    world.hear(say.escalation(), OPENED + 3 * DAY)
    world.hear(say.evidence_done("anna"), OPENED + 4 * DAY)
    assert allowed(world, "buyer", "evidence-done") is None
    assert allowed(world, "seller", "evidence-done") is not None


@pytest.mark.parametrize("party", PARTIES)
def test_a_proposal_is_answered_once_a_party(party: Party) -> None:
    world = proposed()
    other: Party = "seller" if party == "buyer" else "buyer"
    for answer in ("accept", "refuse"):
        assert allowed(world, party, answer) == Action(answer, PROPOSED, ANSWER_BY)
    world.hear(say.accepted(BY[party]), PROPOSED)
    assert [allowed(world, party, answer) for answer in ("accept", "refuse")] == [None, None]
    assert all(allowed(world, other, answer) for answer in ("accept", "refuse"))
    assert allowed(world, "buyer", "cancel") is not None


def withdrawn(times: int = 1) -> World:
    """Opened and withdrawn, so many times."""
    world = a_world()
    for _ in range(times):
        world.hear(say.a_complaint(), OPENED)
        world.hear(say.cancellation(), OPENED)
    return world


@pytest.mark.parametrize(
    ("times", "again"), [(2, Action("open", OPENED, PROMISED + 15 * DAY)), (3, None)], ids=["twice", "three times"]
)
def test_what_was_withdrawn_is_opened_again_as_often_as_the_policy_has_it(times: int, again: Action | None) -> None:
    assert allowed(withdrawn(times), "buyer", "open") == again


@pytest.mark.parametrize(("starts", "open_to"), [(OPENED, False), (OPENED + SECOND, True)])
def test_a_season_counts_that_runs_when_it_is_asked(starts: datetime, *, open_to: bool) -> None:
    window = {"from": starts.isoformat(), "until": (OPENED + DAY).isoformat(), "parameter": "reopen.max", "value": 0}
    world = withdrawn()
    world.policies = PolicyBook([with_changes(world.policies.in_force(OPENED), {}, [window])])
    assert (allowed(world, "buyer", "open") is not None) is open_to


def test_what_was_never_shipped_may_be_opened_again_without_an_end_until_the_order_is_cancelled() -> None:
    world = a_world(OrderPaid(order="O1", amount=4198, paid_at=OPENED))
    world.hear(say.not_received(reason="INR_NOT_SHIPPED"), OPENED)
    world.hear(say.cancellation(), OPENED + DAY)
    assert allowed(world, "buyer", "open") == Action("open", OPENED + DAY, None)
    world.hear(OrderCancelled(order="O1", cancelled_at=OPENED + 2 * DAY), OPENED + 2 * DAY)
    assert allowed(world, "buyer", "open") is None


def test_nobody_appeals_against_what_both_agreed_to_and_of_silence_the_seller_alone() -> None:
    assert [allowed(consensus(), party, "appeal") for party in PARTIES] == [None, None]
    silent, end = opened().until(OPENED + 5 * DAY), OPENED + 5 * DAY
    found = [allowed(silent, party, "appeal") for party in PARTIES]
    assert found == [None, Action("appeal", end, end + 7 * DAY)]


@pytest.mark.parametrize(
    ("world", "after"),
    [(held(), PROMISED + SECOND), (taken_over(), OPENED + 6 * DAY), (reviewed(), OPENED + 30 * DAY)],
    ids=["a hold", "the service's review", "the desk's review"],
)
def test_the_end_of_another_ones_wait_is_no_deadline_of_the_buyers(world: World, after: datetime) -> None:
    found = allowed(world, "buyer", "cancel")
    assert found is not None
    assert found.until is None
    assert slug(world.hear(say.cancellation(), after)) is None
