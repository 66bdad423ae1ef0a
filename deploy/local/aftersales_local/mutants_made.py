"""What mutmut does for `aftersales mutants`: `make JOBS` writes the mutants here, `show` says what each changes."""

import sys
from pathlib import Path

from mutmut.__main__ import create_mutants, store_lines_covered_by_tests
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths


def make(jobs: int) -> None:
    """Under `mutants`: the sources, each with its changes beside it, and a file `.meta` that names them."""
    set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    store_lines_covered_by_tests()
    create_mutants(jobs)


def show() -> None:
    """The mutants are named on standard input, a line each."""
    for line in sys.stdin:
        print(f"# {line.strip()}\n{get_diff_for_mutant(line.strip())}\n")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]))
    else:
        show()
