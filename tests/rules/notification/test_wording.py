"""Every type has words of its own: what happened, why, what to do now, until when."""

import itertools
import re

import pytest

from aftersales.contracts import dispute as said
from aftersales.contracts import tracking
from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.envelope import Event
from notification.domain.notice import Reader, Reminder
from notification.domain.thread import BUYER, PARTIES, SELLER, Asked
from notification.handlers import SERVICE
from notification.wording.disputes import STEPS, refused, step_words
from notification.wording.parcels import PARCELS, parcel_words
from notification.wording.tasks import TASKS, reminder
from tests.rules.notification.builders import DAY, MORE, NOW, a_refusal, a_step, asks, news

AS_BUYER = Reader(BUYER, "UTC")
AS_SELLER = Reader(SELLER, "UTC")
SENTENCES = re.compile(r"([A-Z0-9][^\n{}]*[.]\s?)+")


def test_every_step_and_every_news_has_words_and_a_rule() -> None:
    assert set(STEPS) == set(DisputeStep.__subclasses__()) == set(MORE)
    # What a buyer need not be told: that a parcel is still on its way.
    assert set(PARCELS) == set(tracking.ParcelEvent.__subclasses__()) - {tracking.ParcelInTransit}
    heard: list[type[Event]] = [*STEPS, *PARCELS, said.CommandRefused]
    assert all(SERVICE.on_event(event) is not None for event in heard)


@pytest.mark.parametrize(("step", "party"), list(itertools.product(MORE, PARTIES)))
def test_whole_sentences_that_name_the_dispute_and_what_to_do(step: type[DisputeStep], party: str) -> None:
    reader = AS_BUYER if party == BUYER else AS_SELLER
    words = step_words(a_step(step), reader)
    assert SENTENCES.fullmatch(words.text), words.text
    assert words.text.startswith("Dispute D1 on order O1.")
    assert words.text.endswith("You have nothing to do now.")
    assert 0 < len(words.title) <= 60
    assert "_" not in words.text


@pytest.mark.parametrize(("task", "party"), TASKS)
def test_a_task_says_what_until_when_and_what_silence_does(task: str, party: str) -> None:
    reader = AS_BUYER if party == BUYER else AS_SELLER
    named, silent = ("answer", "cancelled") if task == "confirm" else (task, None)
    text = step_words(a_step(said.DisputeEvidenceAdded, **asks(party, named, NOW + DAY * 5, silent)), reader).text
    todo, silence = TASKS[task, party]
    assert f"{todo} before 2025-05-06 09:00:00 UTC. {silence}" in text


def test_a_buyer_who_is_to_answer_is_not_asked_to_confirm() -> None:
    asked = asks(BUYER, "answer", NOW + DAY * 5, "escalated")
    text = step_words(a_step(said.DisputeHoldEnded, **asked), AS_BUYER).text
    assert text.endswith("Without an answer the platform takes the dispute up by itself.")


def test_a_seller_whose_silence_brings_the_platform_is_not_told_of_the_buyers_plan() -> None:
    text = step_words(a_step(said.DisputePlanChanged, **asks(SELLER, "answer", NOW, "escalated")), AS_SELLER).text
    assert "Accept what the buyer asks for" in text
    assert text.endswith("Without an answer the platform takes the dispute up by itself.")


def test_whom_it_waits_for_when_the_reader_has_nothing_to_do() -> None:
    text = step_words(a_step(said.DisputeOpened, **asks("seller", "answer", NOW + DAY * 5)), AS_BUYER).text
    assert text.endswith("You have nothing to do now; this waits for the seller until 2025-05-06 09:00:00 UTC.")


def test_money_and_reason_as_a_person_reads_them() -> None:
    yen = a_step(said.DisputeOpened, currency="JPY", reason="SNAD_COUNTERFEIT")
    text = step_words(yen, AS_SELLER).text
    assert "The buyer asks for a refund of 2000 JPY, because the goods are counterfeit." in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counter": None}, "You refuse a refund."),
        ({"counter": {"remedy": "refund", "amount": 500}}, "You offer a refund of 5.00 USD instead."),
        ({"counter": {"remedy": "return", "amount": 500}}, "You offer a refund of 5.00 USD once the goods are back"),
    ],
)
def test_what_the_seller_said(changes: dict[str, object], words: str) -> None:
    assert words in step_words(a_step(said.DisputePlanRefused, **changes), AS_SELLER).text


def test_a_ruling_names_its_amounts_rule_and_policy() -> None:
    step = a_step(said.DisputeRuled, refund=4198, compensation=7996, state="REFUND_PENDING")
    text = step_words(step, AS_BUYER).text
    assert "The buyer receives 41.98 USD refund and 79.96 USD compensation." in text
    assert "rule R20 of the policy standard@1#" in text
    assert "The money is on its way to you." in text


def test_no_refund_is_said_when_nothing_was_ruled() -> None:
    step = a_step(said.DisputeRuled, refund=0, rule="R0", liable="nobody", remedy="none", state="CLOSED_REJECTED")
    assert "There is no refund." in step_words(step, AS_BUYER).text


@pytest.mark.parametrize("agreement", ["consensus", "seller_timeout", "proposal", "service", "arbitration"])
def test_how_it_was_agreed(agreement: str) -> None:
    text = step_words(a_step(said.DisputeAgreed, agreement=agreement), AS_BUYER).text
    assert "a refund of 20.00 USD" in text


@pytest.mark.parametrize(
    "state",
    ["CLOSED_REFUNDED", "CLOSED_REJECTED", "CLOSED_NO_RETURN", "CLOSED_CANCELLED", "CLOSED_EXTERNAL"],
)
def test_how_it_ended(state: str) -> None:
    text = step_words(a_step(said.DisputeClosed, state=state), AS_BUYER).text
    assert ("20.00 USD was paid to you." in text) is (state == "CLOSED_REFUNDED")
    assert "It has ended." not in text


def test_what_came_along_with_done_is_named() -> None:
    done = a_step(said.DisputeEvidenceCompleted, evidence=("photo", "invoice"))
    assert (
        "The seller added evidence: photo and invoice. The seller has nothing more" in step_words(done, AS_BUYER).text
    )
    assert "added" not in step_words(a_step(said.DisputeEvidenceCompleted), AS_BUYER).text


def test_a_late_parcel_does_not_promise_a_dispute_at_once() -> None:
    text = parcel_words(news(tracking.PromiseBroken), AS_BUYER).text
    assert text.endswith("If it does not come, you may open a dispute on this order and ask for your money.")


def test_a_late_delivery_says_so() -> None:
    late = news(tracking.ParcelDelivered, status="delivered", delivered_at=NOW)
    in_time = news(tracking.ParcelDelivered, status="delivered", delivered_at=NOW - DAY)
    assert "It was promised before 2025-05-01 09:00:00 UTC" in parcel_words(late, AS_BUYER).text
    assert "promised" not in parcel_words(in_time, AS_BUYER).text


def test_a_parcel_whose_delivery_is_known_already_is_not_promised() -> None:
    assert "promised" in parcel_words(news(tracking.ParcelTracked), AS_BUYER).text
    assert "promised" not in parcel_words(news(tracking.ParcelTracked, delivered_at=NOW), AS_BUYER).text


@pytest.mark.parametrize("status", ["customs_hold", "returning", "lost", "not_found"])
def test_every_anomaly_has_words(status: str) -> None:
    words = parcel_words(news(tracking.ParcelAnomalous, status=status), AS_BUYER)
    assert SENTENCES.fullmatch(words.text)
    assert words.title != "News of your parcel"


def test_a_refusal_says_what_and_why() -> None:
    text = refused(a_refusal(), AS_BUYER).text
    assert "(escalation requested) was not done. The platform can be asked to decide from" in text


def test_a_reminder_says_how_long_is_left() -> None:
    asked = Asked(SELLER, "answer", NOW + DAY * 2)
    words = reminder(Reminder("O1", "D1", asked, "48 hours"), AS_SELLER)
    assert words.title == "48 hours left in dispute D1"
    assert "before 2025-05-03 09:00:00 UTC" in words.text
