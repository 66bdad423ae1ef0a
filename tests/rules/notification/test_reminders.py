"""48 and 24 hours before a party's deadline, never after they acted (rulebook M8, `reminder.before`)."""

from datetime import timedelta

from aftersales.contracts import dispute as said
from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from tests.rules.notification.builders import DAY, HOUR, NOW, SECOND, a_step, a_world, asks, notices, texts, thread
from tests.support.in_memory import InMemory

UNTIL = NOW + DAY * 5


def reminders(world: InMemory) -> list[tuple[str, str]]:
    return [(party, step.rpartition("/")[2]) for party, step in notices(world) if step.startswith("reminder/")]


def asked_for_an_answer() -> InMemory:
    world = a_world()
    world.hear(a_step(said.DisputeOpened, **asks("seller", "answer", UNTIL)), NOW)
    return world


def test_reminded_48_and_24_hours_before() -> None:
    world = asked_for_an_answer()
    world.until(UNTIL - 48 * HOUR - SECOND)
    assert reminders(world) == []
    world.until(UNTIL - 48 * HOUR)
    assert reminders(world) == [("seller", "48 hours")]
    world.until(UNTIL + DAY)
    assert reminders(world) == [("seller", "48 hours"), ("seller", "24 hours")]
    assert "before 2025-05-06 09:00:00 UTC" in texts(world, "seller")[-1]


def test_not_reminded_after_acting() -> None:
    world = asked_for_an_answer()
    world.until(UNTIL - 48 * HOUR)
    world.hear(a_step(said.DisputePlanRefused, step=2, state="AWAITING_BUYER"), UNTIL - 30 * HOUR)
    world.until(UNTIL)
    assert reminders(world) == [("seller", "48 hours")]


def test_not_reminded_by_the_old_deadline_when_it_moved() -> None:
    world = asked_for_an_answer()
    moved = UNTIL + DAY
    world.hear(a_step(said.DisputePlanChanged, step=2, **asks("seller", "answer", moved)), NOW + DAY)
    world.until(moved - 48 * HOUR - SECOND)
    assert reminders(world) == []
    world.until(moved)
    assert len(reminders(world)) == 2


def test_reminded_once_when_further_steps_ask_for_the_same() -> None:
    world = a_world()
    for step in (1, 2, 3):
        kind = said.DisputeEvidenceAdded
        asked = asks("buyer", "evidence", NOW + DAY * 3)
        world.hear(a_step(kind, step=step, state="ARBITRATION_EVIDENCE", **asked), NOW)
    world.until(NOW + DAY * 3)
    assert reminders(world) == [("buyer", "48 hours"), ("buyer", "24 hours")]


def test_the_long_reminder_is_skipped_when_the_wait_is_shorter() -> None:
    world = a_world()
    world.hear(a_step(said.DisputeOpened, **asks("seller", "answer", NOW + timedelta(hours=48))), NOW)
    world.until(NOW + DAY * 2)
    assert reminders(world) == [("seller", "24 hours")]


def test_each_party_is_reminded_of_their_own() -> None:
    world = a_world()
    waits = tuple({"party": party, "task": "evidence", "until": UNTIL} for party in ("buyer", "seller"))
    world.hear(a_step(said.DisputeOpened, state="ARBITRATION_EVIDENCE", waits=waits), NOW)
    done = a_step(said.DisputeEvidenceCompleted, step=2, party="seller", state="ARBITRATION_EVIDENCE", waits=waits[:1])
    world.hear(done, NOW + DAY)
    world.until(UNTIL)
    assert reminders(world) == [("buyer", "48 hours"), ("buyer", "24 hours")]


def test_an_older_step_that_comes_late_asks_for_nothing() -> None:
    world = a_world()
    world.hear(a_step(said.DisputeClosed, step=3, state="CLOSED_REFUNDED"), NOW)
    world.hear(a_step(said.DisputeOpened, step=1, **asks("seller", "answer", UNTIL)), NOW)
    world.until(UNTIL)
    assert reminders(world) == []
    assert notices(world)[-1] == ("seller", "dispute.opened/1")


def test_two_disputes_of_an_order_are_told_apart() -> None:
    world = asked_for_an_answer()
    world.hear(a_step(said.DisputeOpened, dispute="D2", **asks("seller", "answer", UNTIL)), NOW)
    world.hear(a_step(said.DisputeAgreed, dispute="D2", step=2, state="REFUND_PENDING"), NOW + DAY)
    world.until(UNTIL)
    assert len(reminders(world)) == 2
    assert {each.dispute for each in thread(world).disputes} == {"D1", "D2"}


def test_not_reminded_while_a_chargeback_is_open() -> None:
    world = asked_for_an_answer()
    world.hear(a_step(DisputeFrozen, step=2, **asks("seller", "answer", UNTIL)), NOW + DAY)
    world.until(UNTIL + DAY * 30)
    assert reminders(world) == []


def test_reminded_of_the_moved_deadline_after_a_chargeback_that_was_won() -> None:
    world = asked_for_an_answer()
    world.hear(a_step(DisputeFrozen, step=2, **asks("seller", "answer", UNTIL)), NOW + DAY)
    moved = UNTIL + DAY * 9
    world.hear(a_step(DisputeResumed, step=3, **asks("seller", "answer", moved)), NOW + DAY * 10)
    world.until(moved - 48 * HOUR - SECOND)
    assert reminders(world) == []
    world.until(moved)
    assert reminders(world) == [("seller", "48 hours"), ("seller", "24 hours")]
