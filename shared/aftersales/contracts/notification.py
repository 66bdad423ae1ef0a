"""What notification says of the notices it sends."""

from typing import ClassVar, Literal

from aftersales.contracts.envelope import Event, Id, Instant, Sentence


class NoticeEvent(Event):
    TOPIC: ClassVar[str] = "notification.notices"
    order: Id
    dispute: Id
    notice: Id
    party: Literal["buyer", "seller"]
    recipient: Id
    step: Sentence
    channel: Literal["inbox", "file"]
    at: Instant


class NoticeSent(NoticeEvent):
    TYPE: ClassVar[str] = "notification.notice_sent.v1"
    attempts: int


class NoticeFailed(NoticeEvent):
    TYPE: ClassVar[str] = "notification.notice_failed.v1"
    attempts: int
    why: Sentence


class NoticeRead(NoticeEvent):
    TYPE: ClassVar[str] = "notification.notice_read.v1"
