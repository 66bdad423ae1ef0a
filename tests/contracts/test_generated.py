"""What is derived from the vocabulary is current, and the same whoever writes it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aftersales.contracts.generate import DOCS, ROOT, SAMPLES, SCHEMAS, outputs, stale, write
from tests.contracts.hearing import EVENTS

RUN = [sys.executable, "-m", "aftersales.contracts.generate"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the generated files that a test may spoil."""
    for folder in (DOCS, SCHEMAS, SAMPLES):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def test_committed_files_are_current() -> None:
    assert stale(ROOT) == []


def test_check_says_so_by_its_exit_status() -> None:
    done = subprocess.run([*RUN, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_order_of_imports_changes_nothing() -> None:
    backwards = (
        "from aftersales.contracts import tracking, notification, dispute, carrier\n"
        "from aftersales.contracts.generate import main\n"
        "main(check=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", backwards], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_written_twice_is_written_once(copy: Path) -> None:
    assert write(copy) == []


@pytest.mark.parametrize(
    "path", [DOCS / "asyncapi.json", DOCS / "README.md", SCHEMAS / "dispute.opened.v1.json"], ids=str
)
def test_a_changed_file_is_named_and_mended(copy: Path, path: Path) -> None:
    (copy / path).write_text("something else")
    assert stale(copy) == [path]
    assert write(copy) == [path]
    assert stale(copy) == []


def test_a_missing_sample_is_named(copy: Path) -> None:
    shutil.rmtree(copy / SAMPLES / "dispute.opened.v1")
    assert stale(copy) == [SAMPLES / "dispute.opened.v1/1.json"]


def test_a_field_that_no_sample_names_asks_for_another_sample(copy: Path) -> None:
    (copy / SAMPLES / "marketplace.order_cancelled.v1/1.json").write_text('{"order": "O1"}')
    assert stale(copy) == [SAMPLES / "marketplace.order_cancelled.v1/2.json"]


def test_a_committed_sample_is_never_rewritten(copy: Path) -> None:
    sample = copy / SAMPLES / "marketplace.order_cancelled.v1/1.json"
    sample.write_text('{"order": "O1", "cancelled_at": "2025-01-01T00:00:00Z"}')
    assert write(copy) == []


def test_a_schema_of_no_event_is_removed(copy: Path) -> None:
    path = SCHEMAS / "dispute.forgotten.v1.json"
    (copy / path).write_text("{}")
    assert write(copy) == [path]
    assert not (copy / path).exists()


def test_every_event_is_on_the_page() -> None:
    page = outputs(ROOT)[DOCS / "README.md"].decode()
    assert [name for name in EVENTS if f"### {name}\n" not in page] == []
