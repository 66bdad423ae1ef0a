"""What the reader is asked for, until when, and what silence does."""

from typing import Final

from aftersales.contracts.dispute import DisputeStep
from notification.domain.notice import Reader, Reminder, Words
from notification.domain.thread import Asked
from notification.wording.phrases import sentences, when, who

ESCALATED: Final = "Without an answer the platform takes the dispute up by itself."
# (task, who is asked) to what to do, and what follows from silence.
TASKS: Final = {
    ("answer", "seller"): (
        "Accept what the buyer asks for, refuse it or offer something else",
        "Without an answer the buyer's plan is carried out as it stands.",
    ),
    ("answer", "buyer"): (
        "Accept what the seller offers, ask for something else or ask the platform to decide",
        ESCALATED,
    ),
    ("confirm", "buyer"): (
        "Confirm the receipt, or name another reason if something is wrong with the goods",
        "Without an answer the dispute is closed.",
    ),
    ("evidence", "buyer"): (
        "Add what supports your side, or say that you have nothing more to add",
        "After that the platform decides on what is on file.",
    ),
    ("evidence", "seller"): (
        "Add what supports your side, or say that you have nothing more to add",
        "After that the platform decides on what is on file.",
    ),
    ("answer_proposal", "buyer"): ("Accept or refuse the platform's proposal", "Silence counts as a yes."),
    ("answer_proposal", "seller"): ("Accept or refuse the platform's proposal", "Silence counts as a yes."),
    ("ship_return", "buyer"): (
        "Send the goods back and name the carrier and the number",
        "Otherwise the dispute is closed without a refund.",
    ),
    ("confirm_return", "seller"): (
        "Confirm that the goods are back, or contest their condition with evidence",
        "Without an answer the refund is paid.",
    ),
}


def task_of(asked: Asked, reader: Reader) -> tuple[str, str]:
    """After a delivery during a hold a buyer's answer is a confirmation (rulebook 8.25)."""
    confirms = asked.task == "answer" and asked.silence == "cancelled"
    unknown = (f"You are asked for: {asked.task.replace('_', ' ')}", "")
    todo, silence = TASKS.get(("confirm" if confirms else asked.task, reader.party), unknown)
    return todo, ESCALATED if asked.silence == "escalated" else silence


def what_now(step: DisputeStep, reader: Reader) -> str:
    """The reader's own tasks; else whom everybody waits for."""
    mine = [Asked(wait.party, wait.task, wait.until, wait.silence) for wait in step.waits if wait.party == reader.party]
    if mine:
        return sentences(*(sentence(asked, reader) for asked in mine))
    others = [f"{who(wait.party, reader)} until {when(wait.until, reader)}" for wait in step.waits]
    if others:
        return f"You have nothing to do now; this waits for {' and '.join(others)}."
    return "You have nothing to do now."


def sentence(asked: Asked, reader: Reader) -> str:
    todo, silence = task_of(asked, reader)
    return sentences(f"{todo} before {when(asked.until, reader)}.", silence)


def reminder(of: Reminder, reader: Reader) -> Words:
    title = f"{of.before} left in dispute {of.dispute}"
    return Words(
        title, sentences(f"Dispute {of.dispute} on order {of.order} waits for you.", sentence(of.asked, reader))
    )
