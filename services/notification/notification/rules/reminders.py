"""A reminder before a party's deadline, never after the party has acted (rulebook M8, `reminder.before`)."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from aftersales.decision import Because, Decision, Given, Rule, TimerFired, nothing
from notification.domain.notice import About, Reminder, Wording
from notification.domain.thread import Asked, Followed, Thread
from notification.rules.notices import reader, tell
from notification.rules.steps import utc

TYPE: Final = "notification.reminder"


def remind(words: Wording) -> Rule:
    """The rule that reminds in these words."""

    def remind_party(state: Thread | None, event: TimerFired, given: Given) -> Decision:
        followed = state.dispute(event.data["dispute"]) if state is not None else None
        asked = _still_asked(followed, event) if followed is not None else None
        if state is None or followed is None or asked is None:
            return nothing("no-longer-asked", "The party has acted, or is asked for something else by now.")
        if followed.frozen:
            return nothing("frozen", "A chargeback is open; reminders are armed anew where it is won.")
        if given.now >= asked.until:
            return nothing("passed", "The deadline has passed; a reminder would come too late.")
        name = f"{asked.party}/{asked.task}/{utc(asked.until)}/{event.data['before']}"
        if name in followed.reminded:
            return nothing("reminded", "The party was reminded of this.")
        thread = state.following(replace(followed, reminded=(*_of_now(followed), name)))
        about = About(TYPE, f"reminder/{name}", dispute=followed.dispute)
        reminder = Reminder(state.order, followed.dispute, asked, event.data["before"])
        reads = reader(thread, asked.party, given.policies.named(followed.policy), given)
        because = Because("reminder.before", dict(event.data), policy_version=followed.policy)
        return replace(tell(thread, about, {asked.party: words(reminder, reads)}, given), because=because)

    return remind_party


def _still_asked(followed: Followed, event: TimerFired) -> Asked | None:
    wanted = (event.data["party"], event.data["task"], datetime.fromisoformat(event.data["until"]))
    return next((each for each in followed.waits if (each.party, each.task, each.until) == wanted), None)


def _of_now(followed: Followed) -> list[str]:
    """The reminders of what is still asked for; the others are of no use any more."""
    asked = {f"{each.party}/{each.task}/{utc(each.until)}" for each in followed.waits}
    return [name for name in followed.reminded if name.rpartition("/")[0] in asked]
