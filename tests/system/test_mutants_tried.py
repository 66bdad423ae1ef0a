"""What becomes of a mutant, by a toy that knows three of its own: noticed, not noticed, out of reach, endless."""

import json
import os
import subprocess
import sys
from pathlib import Path

TOY = """
import os


def x_double__mutmut_orig(number):
    twice = number * 2
    return twice


def x_double__mutmut_1(number):
    twice = number * 3
    return twice


def x_double__mutmut_2(number):
    twice = number * 2
    return +twice


def x_double__mutmut_3(number):
    while True:
        pass
    return twice


def x_alone__mutmut_orig(number):
    return number


def x_alone__mutmut_1(number):
    return None


def double(number):
    mutant = os.environ["MUTANT_UNDER_TEST"]
    version = mutant.removeprefix("toy.") if mutant.startswith("toy.x_double") else "x_double__mutmut_orig"
    return globals()[version](number)
"""
TEST = """
from toy import double


def test_doubled():
    assert double(2) == 4
"""
BECAME = {
    "toy.x_double__mutmut_1": "killed",
    "toy.x_double__mutmut_2": "survived",
    "toy.x_double__mutmut_3": "timeout",
    "toy.x_alone__mutmut_1": "no tests",
}


def tried(folder: Path, test: str = TEST) -> subprocess.CompletedProcess[str]:
    (folder / "src").mkdir()
    (folder / "src" / "toy.py").write_text(TOY)
    (folder / "src" / "toy.py.meta").write_text(json.dumps({"exit_code_by_key": dict.fromkeys(BECAME)}))
    (folder / "test_toy.py").write_text(test)
    plugin = ("-p", "aftersales_local.mutants_tried", f"--mutants-results={folder / 'results.json'}")
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-c", os.devnull, *plugin, "test_toy.py"]
    paths = {**os.environ, "PYTHONPATH": "src"}
    return subprocess.run(command, cwd=folder, env=paths, check=False, capture_output=True, text=True)


def test_what_became_of_each(tmp_path: Path) -> None:
    done = tried(tmp_path)
    assert json.loads((tmp_path / "results.json").read_text()) == BECAME, done.stdout + done.stderr


def test_refused_when_a_test_fails_without_any_change(tmp_path: Path) -> None:
    done = tried(tmp_path, TEST.replace("== 4", "== 5"))
    assert "test_doubled fails on the unchanged rules" in done.stdout + done.stderr
    assert done.returncode not in (0, 5)
