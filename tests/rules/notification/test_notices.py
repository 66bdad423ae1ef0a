"""Whom to tell what, once (rulebook M6; dangers 3.12)."""

from typing import Any

import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts import tracking
from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.marketplace import PartyChanged
from aftersales.contracts.notification import NoticeRead, NoticeSent
from aftersales.decision import Outcome
from notification.domain.commands import NoticeDelivered, NoticeGivenUp, NoticeOpened
from tests.rules.notification.builders import (
    DAY,
    MORE,
    NOW,
    SECOND,
    a_refusal,
    a_step,
    a_world,
    asks,
    news,
    notices,
    texts,
)

NOTICE: dict[str, Any] = {
    "order": "O1",
    "dispute": "D1",
    "parcel": None,
    "notice": "0b8f0a5e-0000-5000-8000-000000000001",
    "party": "buyer",
    "recipient": "anna",
    "step": "dispute.opened/1",
    "channel": "file",
}


@pytest.mark.parametrize("step", MORE)
def test_both_parties_are_told_of_every_step_over_every_channel(step: type[DisputeStep]) -> None:
    world = a_world()
    world.hear(a_step(step, step=7), NOW)
    name = f"{step.name()}/7"
    for channel in ("inbox", "file"):
        assert notices(world, channel) == [("buyer", name), ("seller", name)]
    recipients = {each.row["recipient"] for each in world.appended if each.table == "notice"}
    assert recipients == {"anna", "shop"}


def test_the_inbox_is_sent_when_it_is_decided_and_the_file_waits_for_its_sender() -> None:
    world = a_world()
    world.hear(a_step(said.DisputeOpened), NOW)
    assert [each.channel for each in world.said if isinstance(each, NoticeSent)] == ["inbox", "inbox"]
    waiting = {each.row["notice"] for each in world.appended if each.table == "to_send"}
    by_channel = {each.row["id"]: each.row["channel"] for each in world.appended if each.table == "notice"}
    assert {by_channel[notice] for notice in waiting} == {"file"}
    assert len(waiting) == 2


def test_no_step_asks_for_anything_while_a_chargeback_is_open() -> None:
    world = a_world()
    asked = asks("buyer", "answer", NOW + DAY * 5, "cancelled")
    steps: tuple[type[DisputeStep], ...] = (DisputeFrozen, said.DisputeHoldEnded, DisputeResumed)
    for number, step in enumerate(steps, 1):
        world.hear(a_step(step, step=number, state="AWAITING_BUYER", **asked), NOW)
    frozen, ended, resumed = texts(world, "buyer")
    assert frozen.endswith("You have nothing to do now.")
    assert ended.endswith("You have nothing to do now.")
    assert resumed.endswith("before 2025-05-06 09:00:00 UTC. Without an answer the dispute is closed.")


def test_only_who_spoke_is_told_of_a_refusal() -> None:
    world = a_world()
    world.hear(a_refusal(party="buyer"), NOW)
    assert notices(world) == [("buyer", "dispute.refused/c1")]


def test_who_spoke_is_known_from_the_thread_when_it_is_not_said() -> None:
    world = a_world()
    world.hear(a_step(said.DisputeOpened), NOW)
    world.hear(a_refusal(by="shop"), NOW)
    assert notices(world)[-1] == ("seller", "dispute.refused/c1")


def test_nobody_is_told_when_a_stranger_was_refused() -> None:
    world = a_world()
    world.hear(a_step(said.DisputeOpened), NOW)
    [decision] = world.hear(a_refusal(by="mallory"), NOW)
    assert (decision.outcome, decision.slug, len(notices(world))) == (Outcome.NOTHING, "stranger", 2)


@pytest.mark.parametrize(
    ("event", "thing"),
    [
        (news(tracking.ParcelTracked), "tracked"),
        (news(tracking.ParcelDelivered, status="delivered", delivered_at=NOW), "delivered"),
        (news(tracking.ParcelReturned, status="returned"), "returned"),
        (news(tracking.ParcelAnomalous, status="lost"), "lost"),
        (news(tracking.PromiseBroken), "promise_broken"),
    ],
)
def test_the_buyer_is_told_of_a_parcel_once(event: tracking.ParcelEvent, thing: str) -> None:
    world = a_world()
    world.hear(event, NOW)
    [again] = world.hear(event, NOW + DAY)
    assert notices(world) == [("buyer", f"{event.name()}/P1/{thing}")]
    assert (again.outcome, again.slug) == (Outcome.NOTHING, "told-before")


@pytest.mark.parametrize("kind", [tracking.PromiseBroken, tracking.PromiseExtended])
def test_the_buyer_of_a_delivered_parcel_is_told_nothing_of_its_promise(kind: type[tracking.ParcelEvent]) -> None:
    world = a_world()
    world.hear(news(tracking.ParcelDelivered, status="delivered", delivered_at=NOW), NOW)
    [decision] = world.hear(news(kind, status="delivered", delivered_at=NOW), NOW)
    assert (decision.outcome, decision.slug) == (Outcome.NOTHING, "delivered")
    assert notices(world) == [("buyer", "tracking.parcel_delivered/P1/delivered")]


def test_each_anomaly_and_each_parcel_is_told() -> None:
    world = a_world()
    for parcel, status in (("P1", "customs_hold"), ("P1", "lost"), ("P2", "lost")):
        world.hear(news(tracking.ParcelAnomalous, parcel=parcel, status=status), NOW)
    assert len(notices(world)) == 3


def test_times_are_shown_in_the_partys_own_zone() -> None:
    world = a_world()
    world.hear(PartyChanged(party="anna", role="buyer", zone="Europe/Berlin"), NOW)
    world.hear(a_step(said.DisputeOpened, **asks("seller", "answer", NOW + DAY * 5)), NOW)
    assert "2025-05-06 11:00:00 (Europe/Berlin)" in texts(world, "buyer")[0]
    assert "2025-05-06 09:00:00 UTC" in texts(world, "seller")[0]


def test_times_are_shown_in_utc_when_the_zone_is_none() -> None:
    world = a_world()
    world.hear(PartyChanged(party="anna", role="buyer", zone="Middle/Earth"), NOW)
    world.hear(a_step(said.DisputeOpened, **asks("seller", "answer", NOW + DAY * 5)), NOW)
    assert "2025-05-06 09:00:00 UTC" in texts(world, "buyer")[0]


def test_nothing_kept_when_a_party_changes_in_what_notices_do_not_need() -> None:
    world = a_world()
    [decision] = world.hear(PartyChanged(party="shop", role="seller", deposit=100, deposit_currency="USD"), NOW)
    assert decision.outcome is Outcome.NOTHING


def test_sent_read_and_given_up_are_said() -> None:
    world = a_world()
    world.hear(NoticeDelivered(**NOTICE, attempts=2), NOW)
    world.hear(NoticeOpened(**NOTICE), NOW + SECOND)
    world.hear(NoticeGivenUp(**NOTICE, attempts=10, why="the disk is full"), NOW + SECOND)
    assert [each.name() for each in world.said] == [
        "notification.notice_sent",
        "notification.notice_read",
        "notification.notice_failed",
    ]
    assert isinstance(world.said[1], NoticeRead)
    assert [each.table for each in world.appended] == ["delivery", "reading", "delivery"]
