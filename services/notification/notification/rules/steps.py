"""A step of a dispute is told to both parties, and what each is asked for is remembered (rulebook M6, M8)."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from aftersales.contracts.appeal import DisputeFrozen, DisputeResumed
from aftersales.contracts.dispute import CommandRefused, DisputeClosed, DisputeStep
from aftersales.decision import Because, Decision, Given, Rule, Timer, nothing
from aftersales.policy.model import Policy
from notification.domain.notice import About, Wording
from notification.domain.thread import BUYER, PARTIES, SELLER, Asked, Followed, Party, Thread
from notification.rules.notices import reader, tell

REMINDER: Final = "reminder"
# After whatever else falls due at that instant.
LAST: Final = 90


def tell_step(words: Wording) -> Rule:
    """The rule that says a step in these words."""

    def tell_both(state: Thread | None, event: DisputeStep, given: Given) -> Decision:
        thread = replace(state or Thread(event.order), buyer=event.buyer, seller=event.seller)
        policy = given.policies.named(event.policy)
        thread, timers = _asked(thread, event, policy, given)
        about = About(event.name(), f"{event.name()}/{event.step}", dispute=event.dispute)
        followed = thread.dispute(event.dispute)
        # No deadline counts while a chargeback is open (rulebook 8.20).
        said = event.model_copy(update={"waits": ()}) if followed is not None and followed.frozen else event
        told = {party: words(said, reader(thread, party, policy, given)) for party in PARTIES}
        because = Because("M6", {"step": event.step, "state": event.state}, policy_version=event.policy)
        return replace(tell(thread, about, told, given), timers=timers, because=because)

    return tell_both


def tell_refusal(words: Wording) -> Rule:
    """Only who spoke is told, and only where it is known who that is."""

    def tell_speaker(state: Thread | None, event: CommandRefused, given: Given) -> Decision:
        thread = state or Thread(event.order)
        party = event.party or _known(thread, event.by)
        if party is None:
            return nothing("stranger", f"{event.by} is not known to be a party of order {event.order}.")
        thread = replace(thread, buyer=event.by) if party == BUYER else replace(thread, seller=event.by)
        about = About(event.name(), f"{event.name()}/{event.cause}", dispute=event.dispute)
        told = {party: words(event, reader(thread, party, None, given))}
        because = Because("M6", {"command": event.command, "refused": event.slug})
        return replace(tell(thread, about, told, given), because=because)

    return tell_speaker


def _known(thread: Thread, speaker: str) -> Party | None:
    return next((party for party in (BUYER, SELLER) if thread.recipient(party) == speaker), None)


def _asked(thread: Thread, event: DisputeStep, policy: Policy, given: Given) -> tuple[Thread, tuple[Timer, ...]]:
    """What the newest step asks for; reminders are armed for what was not asked before."""
    before = thread.dispute(event.dispute)
    if before is not None and event.step <= before.step:
        return thread, ()
    known = {(each.party, each.task, each.until) for each in before.waits} if before is not None else set()
    waits = tuple(Asked(wait.party, wait.task, wait.until, wait.silence) for wait in event.waits)
    reminded = before.reminded if before is not None else ()
    frozen = isinstance(event, DisputeFrozen) or (before is not None and before.frozen)
    frozen = frozen and not isinstance(event, DisputeResumed | DisputeClosed)
    followed = Followed(event.dispute, event.step, event.state, event.policy, waits, reminded, frozen)
    fresh = [each for each in waits if (each.party, each.task, each.until) not in known]
    return thread.following(followed), tuple(
        timer for each in fresh for timer in _reminders(event.dispute, each, policy, given)
    )


def _reminders(dispute: str, asked: Asked, policy: Policy, given: Given) -> list[Timer]:
    """Those that lie in the future; a wait shorter than that has none (rulebook `reminder.before`)."""
    named = {"dispute": dispute, "party": asked.party, "task": asked.task, "until": utc(asked.until)}
    return [
        Timer(REMINDER, asked.until - before, rank=LAST, party=True, data={**named, "before": span(before)})
        for before in policy.reminder_before
        if asked.until - before > given.now
    ]


def span(before: timedelta) -> str:
    """`48 hours`; in minutes where it is no whole number of hours."""
    minutes = int(before.total_seconds()) // 60
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"


def utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
