"""Every command of the README runs as printed, in the order in which it is printed, in one shell."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.system.checkouts import copy_to

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# These two are the rest of the README's promises; they have runs of their own (this test is inside one of them).
ELSEWHERE = ("make demo\n", "make test\n")


def blocks(language: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(README) if found["language"] == language]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


def test_every_command_runs_as_printed(checkout: Path) -> None:
    [program] = blocks("python")
    (checkout / "build").mkdir()
    (checkout / "build" / "first_dispute.py").write_text(program)
    commands = [block for block in blocks("sh") if block not in ELSEWHERE]
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AFTERSALES_", "VIRTUAL_ENV"))
    }
    try:
        done = subprocess.run(
            ["timeout", "150", "bash", "-euo", "pipefail", "-c", "\n".join(commands)],
            cwd=checkout,
            env=inherited,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        # Whatever happened above: nothing of it may be left behind.
        subprocess.run(["make", "down"], cwd=checkout, env=inherited, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert '"rule":"R1"' in done.stdout.replace(" ", "")


def test_the_sample_is_the_page_that_the_text_names() -> None:
    [program] = blocks("python")
    assert program.startswith("# build/first_dispute.py\n")
