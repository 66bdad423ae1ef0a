"""Every step of a dispute in words. The tail of each, what to do now and until when, is the same for all."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aftersales.contracts import appeal
from aftersales.contracts import dispute as said
from aftersales.contracts.dispute import DisputeStep
from aftersales.contracts.extension import DisputeExtended
from notification.domain.notice import Reader, Words
from notification.wording import appeals
from notification.wording.phrases import listed, money, plan, reason, sentences, verb, when, who
from notification.wording.tasks import what_now


def opened(step: said.DisputeOpened, reader: Reader) -> Words:
    asks = f"{who('buyer', reader, begins=True)} {verb('buyer', reader, 'ask', 'asks')} for {plan(step.want, step)}"
    held = ""
    if step.held_until is not None:
        until = when(step.held_until, reader)
        held = (
            f"The parcel is still within its promised time, so the dispute waits until {until}; "
            "if nothing has arrived by then, the platform takes it up by itself."
        )
    return Words(f"Dispute opened on order {step.order}", sentences(f"{asks}, because {reason(step)}.", held))


def plan_changed(step: said.DisputePlanChanged, reader: Reader) -> Words:
    wants = (
        f"{who('buyer', reader, begins=True)} now {verb('buyer', reader, 'ask', 'asks')} for {plan(step.want, step)}"
    )
    return Words("The buyer's plan has changed", f"{wants}, because {reason(step)}.")


def plan_refused(step: said.DisputePlanRefused, reader: Reader) -> Words:
    if step.state == "ARBITRATION_REVIEW":
        by = f" by {who(step.party, reader)}" if step.party is not None else ""
        return Words("Proposal refused", f"The platform's proposal was refused{by}; the platform decides.")
    seller = who("seller", reader, begins=True)
    if step.counter is None or step.counter.amount == 0:
        return Words("No refund offered", f"{seller} {verb('seller', reader, 'refuse', 'refuses')} a refund.")
    offer = f"{seller} {verb('seller', reader, 'offer', 'offers')} {plan(step.counter, step)} instead."
    return Words("Another plan offered", offer)


def taken_over(_step: said.DisputeTakenOver, _reader: Reader) -> Words:
    return Words(
        "The platform's service looks at it", "The platform's own after-sales service takes the dispute up first."
    )


def handed_back(step: said.DisputeHandedBack, _reader: Reader) -> Words:
    text = {
        "by_hand": "The platform's service leaves it to the seller to answer.",
        "silence": "The platform's service has not settled it in time, so it is for the seller to answer.",
    }[step.how]
    return Words("The dispute goes to the seller", text)


def proposed(step: said.DisputeProposed, _reader: Reader) -> Words:
    text = f"The platform proposes {plan(step.plan, step)}."
    return Words("The platform proposes a settlement", sentences(text, "If both sides accept, it is carried out."))


def proposal_accepted(step: said.DisputeProposalAccepted, reader: Reader) -> Words:
    text = f"{who(step.party, reader, begins=True)} {verb(step.party, reader, 'accept', 'accepts')}"
    return Words("The proposal is accepted by one side", f"{text} the platform's proposal.")


def agreed(step: said.DisputeAgreed, reader: Reader) -> Words:
    settled = plan(step.plan, step)
    text = {
        "consensus": f"Both sides agree on {settled}.",
        "seller_timeout": f"The seller did not answer in time, so the buyer's plan is carried out: {settled}.",
        "proposal": f"The platform's proposal is accepted: {settled}.",
        "service": f"The platform's after-sales service settles the dispute: {settled}.",
        "arbitration": f"The platform's decision is carried out: {settled}.",
    }[step.agreement]
    return Words("A plan is carried out", sentences(text, _coming(step, reader)))


def hold_ended(step: said.DisputeHoldEnded, _reader: Reader) -> Words:
    text = {
        "delivered": "The parcel was delivered while the dispute waited for it.",
        "anomaly": f"Something happened to the parcel on its way, so the dispute goes on: {reason(step)}.",
        "promise_broken": "The promised delivery time has ended and the parcel has not arrived.",
    }[step.cause]
    return Words("The dispute goes on", text)


def evidence_added(step: said.DisputeEvidenceAdded, reader: Reader) -> Words:
    return Words("Evidence added", f"{who(step.party, reader, begins=True)} added evidence: {listed(step.evidence)}.")


def evidence_completed(step: said.DisputeEvidenceCompleted, reader: Reader) -> Words:
    party, has = who(step.party, reader, begins=True), verb(step.party, reader, "have", "has")
    added = f"{party} added evidence: {listed(step.evidence)}." if step.evidence else ""
    return Words("Evidence complete", sentences(added, f"{party} {has} nothing more to add."))


def escalated(step: said.DisputeEscalated, reader: Reader) -> Words:
    text = {
        "by_hand": f"{who('buyer', reader, begins=True)} asked the platform to decide.",
        "automatic": "The two sides have not agreed in time, so the platform takes the dispute up.",
        "promise_broken": "The promised time has ended and nothing has arrived, so the platform takes the dispute up.",
        "return_contested": f"{who('seller', reader, begins=True)} {verb('seller', reader, 'contest', 'contests')} "
        "what came back, so the earlier plan no longer stands and the platform takes the dispute up.",
        "return_lost": "The carrier lost the goods on their way back, so the earlier plan no longer stands and the "
        "platform takes the dispute up.",
    }[step.how]
    return Words("The platform takes the dispute up", text)


def review_started(_step: said.DisputeReviewStarted, _reader: Reader) -> Words:
    return Words("The platform decides", "The time for evidence is over. The platform decides on what is on file.")


def facts_changed(_step: said.DisputeFactsChanged, _reader: Reader) -> Words:
    return Words("New facts on file", "What has become known of the order since was added to the file.")


def ruled(step: said.DisputeRuled, reader: Reader) -> Words:
    parts = [
        f"{money(amount, step)} {name}"
        for amount, name in (
            (step.refund, "refund"),
            (step.compensation, "compensation"),
            (step.freight, "return freight"),
        )
        if amount
    ]
    paid = f"The buyer receives {listed(tuple(parts))}" if parts else "There is no refund"
    back = " once the goods are back" if step.remedy == "return" else ""
    rests = f"The decision rests on rule {step.rule} of the policy {step.policy}; responsible: {step.liable}."
    return Words("The platform has decided", sentences(f"{paid}{back}.", rests, _coming(step, reader)))


def return_shipped(step: said.DisputeReturnShipped, reader: Reader) -> Words:
    text = f"{who('buyer', reader, begins=True)} sent the goods back with {step.carrier}, number {step.number}."
    return Words("The goods are on their way back", text)


def return_delivered(_step: said.DisputeReturnDelivered, reader: Reader) -> Words:
    return Words("The goods have come back", f"The carrier delivered the goods to {who('seller', reader)}.")


def return_confirmed(step: said.DisputeReturnConfirmed, reader: Reader) -> Words:
    text = {
        "by_hand": f"{who('seller', reader, begins=True)} confirmed that the goods are back.",
        "silence": "Nothing was heard about the goods in time, so they count as returned.",
        "lost": "The carrier lost the goods on their way back, at no loss of the buyer's; they count as returned.",
    }[step.how]
    return Words("The goods are back", sentences(text, _coming(step, reader)))


def closed(step: said.DisputeClosed, reader: Reader) -> Words:
    paid = step.refund + step.compensation + step.freight
    text = {
        "CLOSED_REFUNDED": f"{money(paid, step)} {verb('buyer', reader, 'was paid to you', 'was paid to the buyer')}.",
        "CLOSED_REJECTED": "It ended without a refund.",
        "CLOSED_NO_RETURN": "The goods were not sent back in time, so there is no refund.",
        "CLOSED_CANCELLED": "It was withdrawn or no longer needed.",
        "CLOSED_EXTERNAL": "The payment provider has decided about the payment itself.",
    }.get(step.state, "It has ended.")
    return Words("Dispute closed", text)


def refused(event: said.CommandRefused, _reader: Reader) -> Words:
    what = event.command.rpartition(".")[2].replace("_", " ")
    text = (
        f"What you asked for in dispute {event.dispute} on order {event.order} ({what}) was not done. {event.sentence}"
    )
    return Words("Your request was not carried out", text)


def _coming(step: DisputeStep, reader: Reader) -> str:
    if step.state == "REFUND_PENDING":
        return verb("buyer", reader, "The money is on its way to you.", "The money is on its way to the buyer.")
    return ""


def extended(step: DisputeExtended, _reader: Reader) -> Words:
    days = "a day" if step.days == 1 else f"{step.days} days"
    return Words("More time", f"Because of events nobody can help, the platform grants {days} more.")


STEPS: Final[Mapping[type[DisputeStep], Callable[[Any, Reader], Words]]] = {
    said.DisputeOpened: opened,
    said.DisputePlanChanged: plan_changed,
    said.DisputePlanRefused: plan_refused,
    said.DisputeAgreed: agreed,
    said.DisputeTakenOver: taken_over,
    said.DisputeHandedBack: handed_back,
    said.DisputeProposed: proposed,
    said.DisputeProposalAccepted: proposal_accepted,
    said.DisputeHoldEnded: hold_ended,
    said.DisputeEvidenceAdded: evidence_added,
    said.DisputeEvidenceCompleted: evidence_completed,
    said.DisputeEscalated: escalated,
    said.DisputeReviewStarted: review_started,
    said.DisputeFactsChanged: facts_changed,
    said.DisputeRuled: ruled,
    DisputeExtended: extended,
    said.DisputeReturnShipped: return_shipped,
    said.DisputeReturnDelivered: return_delivered,
    said.DisputeReturnConfirmed: return_confirmed,
    said.DisputeClosed: closed,
    appeal.DisputeFrozen: appeals.frozen,
    appeal.DisputeResumed: appeals.resumed,
    appeal.DisputeAppealed: appeals.appealed,
    appeal.DisputeAppealDecided: appeals.appeal_decided,
}


def step_words(step: DisputeStep, reader: Reader) -> Words:
    words = STEPS[type(step)](step, reader)
    where = f"Dispute {step.dispute} on order {step.order}."
    return Words(words.title, sentences(where, words.text, what_now(step, reader)))
