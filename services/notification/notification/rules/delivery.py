"""A notice was sent, was given up, was read. Each happens once: its cause's id is derived from the notice."""

from typing import Any

from aftersales.contracts.notification import NoticeFailed, NoticeRead, NoticeSent
from aftersales.decision import Append, Decision, Given
from notification.domain.commands import NoticeCommand, NoticeDelivered, NoticeGivenUp, NoticeOpened
from notification.domain.thread import Thread


def record_delivery(_state: Thread | None, said: NoticeDelivered, given: Given) -> Decision:
    sent = NoticeSent(**_named(said), at=given.now, attempts=said.attempts)
    return Decision(events=(sent,), appends=(_delivery(said, said.attempts, None, given),))


def give_up(_state: Thread | None, said: NoticeGivenUp, given: Given) -> Decision:
    failed = NoticeFailed(**_named(said), at=given.now, attempts=said.attempts, why=said.why)
    return Decision(events=(failed,), appends=(_delivery(said, said.attempts, said.why, given),))


def record_reading(_state: Thread | None, said: NoticeOpened, given: Given) -> Decision:
    read = NoticeRead(**_named(said), at=given.now)
    append = Append("reading", {"notice": said.notice, "at": given.now})
    return Decision(events=(read,), appends=(append,), answer={"notice": said.notice, "read_at": given.now.isoformat()})


def _named(said: NoticeCommand) -> dict[str, Any]:
    return {name: getattr(said, name) for name in NoticeCommand.model_fields}


def _delivery(said: NoticeCommand, attempts: int, failure: str | None, given: Given) -> Append:
    row = {"notice": said.notice, "channel": said.channel, "attempts": attempts, "failure": failure, "at": given.now}
    return Append("delivery", row)
