"""How the subjects of this service are named."""

from typing import Final

from aftersales.decision import SubjectRef

THREAD: Final = "thread"
PARTY: Final = "party"


def thread_ref(order: str) -> SubjectRef:
    return SubjectRef(THREAD, order)


def party_ref(party: str) -> SubjectRef:
    return SubjectRef(PARTY, party)
