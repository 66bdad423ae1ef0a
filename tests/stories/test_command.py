"""`aftersales story` as a script meets it: what it is given, and who reads what it prints."""

import os
import subprocess
import sys

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
