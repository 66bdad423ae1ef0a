"""The rows that decisions are about."""

from typing import Final

from aftersales.decision import SubjectRef

ORDER: Final = "order"
SELLER: Final = "seller"
NAME: Final = "name"


def order_ref(order: str) -> SubjectRef:
    return SubjectRef(ORDER, order)


def seller_ref(seller: str) -> SubjectRef:
    return SubjectRef(SELLER, seller)


def name_ref(dispute: str) -> SubjectRef:
    return SubjectRef(NAME, dispute)
