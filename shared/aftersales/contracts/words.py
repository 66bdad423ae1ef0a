"""Every word of the vocabulary, imported in one place so that `Event.vocabulary` is complete."""

from aftersales.contracts import (
    appeal,
    arbitration,
    carrier,
    dispute,
    escrow,
    extension,
    marketplace,
    notification,
    tracking,
)
from aftersales.contracts.envelope import Event

MODULES = (marketplace, carrier, tracking, dispute, appeal, extension, escrow, arbitration, notification)
VOCABULARY: dict[str, type[Event]] = Event.vocabulary
