"""A notice is decided: one row a channel, in the unit that decides it, so that the intent is there exactly once."""

from typing import Any
from uuid import UUID

from aftersales.contracts.notification import NoticeSent
from aftersales.decision import Append, Decision, Given
from aftersales.identity import effect_id
from aftersales.policy.model import Policy
from notification.domain.notice import CHANNELS, INBOX, About, Channel, Reader, Words
from notification.domain.refs import party_ref
from notification.domain.thread import Addressee, Party, Thread

# Whom to tell, and in which words.
Told = dict[Party, Words]


def reader(thread: Thread, party: Party, policy: Policy | None, given: Given) -> Reader:
    """In the party's own zone where it is known, else in the policy's."""
    recipient = thread.recipient(party)
    addressee: Addressee | None = given.others.get(party_ref(recipient)) if recipient is not None else None
    if addressee is not None and addressee.zone is not None:
        return Reader(party, addressee.zone)
    return Reader(party, policy.display_zone if policy is not None else "UTC")


def tell(thread: Thread, about: About, told: Told, given: Given) -> Decision:
    """`thread` is kept as it is, with a notice to each over every channel.

    The inbox is the row itself, so it is sent when it is decided; the others are put in line for their senders.
    """
    appends: list[Append] = []
    events: list[NoticeSent] = []
    for party, words in told.items():
        for channel in CHANNELS:
            notice = effect_id(given.cause, thread.order, len(appends), f"notice:{party}:{channel}")
            row = _row(thread, party, about, words, channel, notice, given)
            appends.append(Append("notice", row))
            if channel == INBOX:
                events.append(_sent(row))
            else:
                appends.append(Append("to_send", {"notice": notice, "channel": channel}))
    return Decision(state=thread, events=tuple(events), appends=tuple(appends))


def _row(
    thread: Thread, party: Party, about: About, words: Words, channel: Channel, notice: UUID, given: Given
) -> dict[str, Any]:
    return {
        "id": notice,
        "order_id": thread.order,
        "dispute": about.dispute,
        "parcel": about.parcel,
        "step": about.step,
        "party": party,
        "recipient": thread.recipient(party),
        "channel": channel,
        "type": about.type,
        "title": words.title,
        "words": words.text,
        "at": given.now,
    }


def _sent(row: dict[str, Any]) -> NoticeSent:
    same = {name: row[name] for name in ("dispute", "parcel", "party", "recipient", "step", "channel", "at")}
    return NoticeSent(**same, order=row["order_id"], notice=str(row["id"]), attempts=1)
