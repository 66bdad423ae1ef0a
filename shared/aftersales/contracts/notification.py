"""What notification says of the notices it sends."""

from typing import ClassVar, Literal

from aftersales.contracts.envelope import Event, Id, Instant, Sentence


class NoticeEvent(Event):
    """A notice is about a dispute, or, where that is None, about a parcel. step: what it tells of, once a party."""

    TOPIC: ClassVar[str] = "notification.notices"
    order: Id
    dispute: Id | None
    parcel: Id | None = None
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
