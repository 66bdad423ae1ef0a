"""`aftersales story` as a script meets it: what it is given, and who reads what it prints."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aftersales.cli import run
from aftersales_local.stories.command import STORIES

ONE_STORY = str(STORIES / "S09-yen.json")


def test_an_empty_name_is_not_the_folder_one_stands_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["story", ""]) == 2
    assert capsys.readouterr().err == "A story's name is empty; name a file or a folder of stories.\n"


@pytest.mark.parametrize("words", [["story", ONE_STORY], ["policy", "show", "standard"], ["--help"]])
def test_a_reader_who_has_gone_ends_it_quietly_and_without_a_verdict(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-c", "from aftersales.cli import main; main()", *words]
    ended = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_interruption_while_it_is_still_starting_is_a_word_and_no_trace(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    program = [str(Path(sys.executable).with_name("aftersales")), "--help"]
    ended = subprocess.run(
        program, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "Stopped.\n")
