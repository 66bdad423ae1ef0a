"""How often one caller may ask: a bucket each, filled steadily; who finds it empty is told when to come again."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aftersales.errors import Refused

# Callers remembered; one forgotten starts with a full bucket, which harms nobody.
MOST_CALLERS: Final = 20_000
# A bucket holds this many seconds' worth: a page that asks for ten things at once is no abuse.
BURST_SECONDS: Final = 2


class Rates:
    """`rate`: requests a second that each caller may make; 0 for no limit."""

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most = float(rate * BURST_SECONDS)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Refused 429 when the caller's bucket is empty."""
        if not self._rate:
            return
        now = self._clock()
        left, at = self._buckets.pop(who, (self._most, now))
        left = min(self._most, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[who] = (left - 1 if allowed else left, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, math.ceil((1 - left) / self._rate))
            raise Refused(
                "too-many-requests", f"At most {self._rate} requests a second are answered.", 429, retry_after=wait
            )
