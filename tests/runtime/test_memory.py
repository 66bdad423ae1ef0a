"""What is free goes back to the machine, where the C library can be told."""

import psutil
import pytest

from aftersales.runtime import memory

MIB = 1024 * 1024


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


@pytest.mark.skipif(not hasattr(memory.LIBC, "malloc_trim"), reason="not glibc")
def test_free_blocks_between_what_stays_are_returned() -> None:
    blocks = [bytes(1000) for _ in range(40_000)]
    stays = blocks[::100]
    del blocks
    held = resident()
    memory.trim()
    assert held - resident() > 20 * MIB
    assert len(stays) == 400


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIBC", object())
    memory.return_large_blocks()
    memory.trim()
