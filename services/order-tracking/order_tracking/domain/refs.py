"""How the subjects of this service are named."""

from typing import Final

from aftersales.decision import SubjectRef

ORDER: Final = "order"
PARCEL: Final = "parcel"
LANE: Final = "lane"


def order_ref(order: str) -> SubjectRef:
    return SubjectRef(ORDER, order)


def parcel_ref(carrier: str, number: str) -> SubjectRef:
    """A carrier's name has no colon, so two numbers never share a name."""
    return SubjectRef(PARCEL, f"{carrier}:{number}")


def lane_ref(lane: str) -> SubjectRef:
    return SubjectRef(LANE, lane)
