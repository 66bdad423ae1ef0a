"""The unit: receive -> lock -> decide -> keep, in one transaction."""

from aftersales.runtime.causes import Cause, DeadLetter, Item, Place, Record, TimerRow, read_subject, written
from aftersales.runtime.unit.unit import Answer, Unit

__all__ = [
    "Answer",
    "Cause",
    "DeadLetter",
    "Item",
    "Place",
    "Record",
    "TimerRow",
    "Unit",
    "read_subject",
    "written",
]
