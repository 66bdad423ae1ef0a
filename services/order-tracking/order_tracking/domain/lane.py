"""A lane: a carrier service to a country. It remembers which extensions were granted on it."""

from datetime import datetime

from msgspec import Struct


class Granted(Struct, frozen=True, omit_defaults=True):
    """An extension of every promise that ran on the lane `at` the instant it was granted."""

    extension: str
    days: int
    at: datetime


class Lane(Struct, frozen=True, omit_defaults=True):
    """granted: the newest ones, in the order in which they were heard."""

    carrier_service: str
    destination: str
    granted: tuple[Granted, ...] = ()
