"""What each transition of rulebook section 5 is called and what it takes: the words for its number, in one place.

Every decision's explanation and the generated page of rules read them; dispute's table says who, from where, to where.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Title:
    """name: ends the sentence "Transition 4: ...". guard: what must be so, None where the table says it all."""

    name: str
    guard: str | None = None


TITLES: Final[dict[str, Title]] = {
    "1": Title(
        "the buyer opens a dispute",
        "all disputed units shipped (INR_NOT_SHIPPED: none of them, and ship.within over), inside the window, no open "
        "dispute on a line, the evidence that the reason needs; the amount is clipped to the cap",
    ),
    "2": Title("the buyer changes the plan or the reason", "at most the cap; a new reason as in 1"),
    "3": Title("the seller accepts the buyer's plan", "a return needs an address"),
    "4": Title("the seller refuses or makes a counter-plan", "at most the cap"),
    "5": Title("the buyer accepts the seller's plan", "a plan of 0 closes as rejected"),
    "6": Title("the seller is silent", "a plan of 0 is never executed by silence"),
    "7": Title(
        "the buyer asks the platform to decide",
        "inside the window of escalate.manual_from and escalate.manual_to, the seller has refused or countered, no "
        "promise of a parcel under way",
    ),
    "8": Title("the dispute escalates by itself"),
    "9": Title("the promise ends undelivered"),
    "10": Title("something happened to the parcel", "returned, lost, not found or held by customs"),
    "11": Title("the parcel arrived while the dispute was held", "no disputed parcel is under way any more"),
    "12": Title("a party accepts the other's standing plan", "a return needs an address"),
    "13": Title("the buyer withdraws", "not once goods were sent back, not after a ruling"),
    "14": Title("a party adds evidence", "until the review begins"),
    "15": Title("the evidence window ends", "both parties are done, or its time is over"),
    "16": Title("the platform proposes a plan", "at most the cap; one proposal an arbitration"),
    "17": Title(
        "the platform rules",
        "at most the cap; no conflict of interest; a second agent above four_eyes.above; no promise still runs that "
        "the ruling needs",
    ),
    "18": Title("the buyer sends the goods back", "carrier and number; freight counts up to return.freight_cap"),
    "19": Title("the seller has the goods back"),
    "20": Title("the seller contests the returned goods", "at least one piece of evidence"),
    "21": Title("the carrier lost the return"),
    "22": Title("the refund was paid", "all refunds together at most what was paid"),
    "23": Title("the platform's service decides", "1 to the cap"),
    "24": Title(
        "a party appeals",
        "inside appeal.window, the first appeal, at least one piece of evidence, not after their own consensus",
    ),
    "25": Title("the appeal is decided", "by an agent who neither ruled nor settled it"),
    "26": Title("the buyer opens a withdrawn dispute again", "as in 1; at most reopen.max times a line"),
    "27": Title("a chargeback is opened or ends"),
    "28": Title("the platform extends the time", "the dispute is open"),
    "29": Title("a party refuses the platform's proposal"),
    "30": Title("the platform's proposal is accepted", "by both, or by silence"),
    "31": Title("a deadline passes"),
    "32": Title("the refund failed", "ordered again under the same key, unless the failure is final"),
}
# What decisions rest on beside a transition, as their explanation names it.
OTHERS: Final[dict[str, str]] = {
    "fact": "a fact is recorded",
    "waiting for the order": "what is said of an order waits until the order is placed",
    "order placed": "the order is known from now on",
    "transition 17, four eyes": "a ruling above four_eyes.above waits for a second agent",
    "assignment": "a case changes hands",
    "note": "an agent writes something down",
    "8.18": "the last scan is the one with the latest instant of its own",
    "8.25": "a receipt counts as delivery of all parcels where no scan is earlier",
    "M1": "the promised delivery time",
    "M6": "both parties are told of every step",
    "reminder.before": "a party is reminded before its deadline",
}
NAMES: Final[dict[str, str]] = {
    **OTHERS,
    **{f"transition {number}": title.name for number, title in TITLES.items()},
}


def named(rule: str) -> str | None:
    """What the rule of an explanation is called; None where its name says it already."""
    return NAMES.get(rule)
