"""What readers and senders tell us of notices. They come over HTTP or from within, so these travel on no topic."""

from typing import ClassVar, Literal

from aftersales.contracts.envelope import Event, Id, Sentence


class NoticeCommand(Event):
    """Names a notice as its row does."""

    order: Id
    dispute: Id | None
    parcel: Id | None
    notice: Id
    party: Literal["buyer", "seller"]
    recipient: Id
    step: Sentence
    channel: Literal["inbox", "file"]


class NoticeOpened(NoticeCommand):
    TYPE: ClassVar[str] = "notification.notice_opened.v1"


class NoticeDelivered(NoticeCommand):
    TYPE: ClassVar[str] = "notification.notice_delivered.v1"
    attempts: int


class NoticeGivenUp(NoticeCommand):
    TYPE: ClassVar[str] = "notification.notice_given_up.v1"
    attempts: int
    why: Sentence
