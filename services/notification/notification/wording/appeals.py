"""Chargebacks and appeals in words: whoever reads knows what happened, whether anything changes, and what to do now."""

from aftersales.contracts import appeal as said
from notification.domain.notice import Reader, Words
from notification.wording.phrases import money, verb, who


def frozen(_step: said.DisputeFrozen, _reader: Reader) -> Words:
    text = (
        "The buyer's bank examines the payment. Until it has decided no deadline counts, and nothing but an appeal is "
        "possible here."
    )
    return Words("The dispute stands still", text)


def resumed(step: said.DisputeResumed, _reader: Reader) -> Words:
    text = {
        "won": "The payment stands, so the dispute goes on; every deadline has moved by the time it stood still.",
        "lost": "The buyer's bank has taken the payment back; what was under way here is still brought to its end.",
    }[step.chargeback]
    return Words("The dispute goes on", text)


def appealed(step: said.DisputeAppealed, reader: Reader) -> Words:
    appeals = verb(step.party, reader, "appeal", "appeals")
    text = f"{who(step.party, reader, begins=True)} {appeals} against how the dispute ended."
    return Words("Appeal made", f"{text} Somebody else at the platform looks at it again.")


def appeal_decided(step: said.DisputeAppealDecided, reader: Reader) -> Words:
    if step.outcome != "overturned":
        text = {
            "upheld": "The appeal was examined, and everything stays as it was.",
            "undecided": "The time to decide on the appeal has passed, so everything stays as it was.",
        }[step.outcome]
    elif step.party == "buyer":
        receives = f"{who('buyer', reader)} {verb('buyer', reader, 'receive', 'receives')}"
        more = f"{receives} {money(step.refund, step)} more" if step.refund else "there is nothing left to pay"
        text = f"The appeal was granted: {more}."
    else:
        keeps = f"{who('buyer', reader, begins=True)} {verb('buyer', reader, 'keep', 'keeps')} what was paid"
        text = f"The appeal was granted: the platform bears {money(step.reversed, step)} instead. {keeps}."
    return Words("The appeal was decided", text)
