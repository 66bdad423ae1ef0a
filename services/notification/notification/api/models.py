"""What travels over the HTTP door."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class NoticeRead(BaseModel):
    """A notice. type: what it tells of, `dispute.opened`; dispute, parcel: what it is about; read_at: None: unread."""

    notice: UUID
    order: str
    dispute: str | None
    parcel: str | None
    type: str
    title: str
    text: str
    at: datetime
    read_at: datetime | None


class Inbox(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[NoticeRead]
    next: str | None


class NoticeSeen(NoticeRead):
    """A notice as the platform sees it. sent_at: when it left, None before; failure: why it was given up."""

    step: str
    party: str
    recipient: str
    channel: str
    sent_at: datetime | None
    attempts: int
    failure: str | None


class Notices(BaseModel):
    """next: the cursor of the next page, None on the last."""

    items: list[NoticeSeen]
    next: str | None


def shown(row: Any) -> dict[str, Any]:
    return {
        "notice": row.id,
        "order": row.order_id,
        "text": row.words,
        **{name: getattr(row, name) for name in ("dispute", "parcel", "type", "title", "at", "read_at")},
    }


def read(row: Any) -> NoticeRead:
    return NoticeRead(**shown(row))


def seen(row: Any) -> NoticeSeen:
    in_the_inbox = row.channel == "inbox"
    return NoticeSeen(
        **shown(row),
        **{name: getattr(row, name) for name in ("step", "party", "recipient", "channel", "failure")},
        sent_at=row.at if in_the_inbox else None if row.failure is not None else row.sent_at,
        attempts=1 if in_the_inbox else row.attempts or 0,
    )
