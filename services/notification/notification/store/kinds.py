"""Threads and parties as subjects. Notices are rows that are only appended."""

from typing import Final

from aftersales.service import Kind
from notification.domain.refs import PARTY, THREAD
from notification.domain.thread import Addressee, Thread

THREADS: Final = Kind(THREAD, "threads", Thread)
PARTIES: Final = Kind(PARTY, "parties", Addressee)
