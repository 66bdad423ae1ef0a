"""The oracle and the product say the same of thousands of random stories."""

import os
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.oracle.__main__ import chunks, differences
from tests.oracle.compare import product_says
from tests.oracle.features import ALL, BUILT, NOT_YET

STORIES: Final = 20_000


def test_agree_on_random_stories() -> None:
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        found = [each for part in pool.map(differences, chunks(range(STORIES))) for each in part]
    assert [(each["title"], product_says(each)) for each in found] == []


def test_every_exclusion_is_a_feature() -> None:
    assert NOT_YET.keys() | BUILT == ALL
