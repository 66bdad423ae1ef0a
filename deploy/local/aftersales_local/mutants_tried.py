"""A plugin of pytest that tries mutants: each in a process of its own, on the tests that can notice it.

The tests are collected once, and every process is a copy of the one that has them. mutmut itself hands pytest the
names of a mutant's tests, often more than a thousand, and to find those takes longer than to run them: hours in all.
"""

import gc
import json
import math
import os
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from mutmut.mutation.trampoline import set_mutant_under_test

from aftersales_local.mutants_lines import Line, changed, tracer

# Seconds of the processor, so that a busy machine finds the same. A longer test is left out, as nearly every survivor
# would pay for it; and after so many seconds of tests that notice nothing a mutant has survived. The other way round
# there is no error: what counts as noticed was noticed.
LONGEST: Final = 3.0
ENOUGH: Final = 8.0
SLACK: Final = 3
MEMORY: Final = 3 << 30
Mutant = TypeVar("Mutant")
KILLED, SURVIVED, TIMEOUT, UNTESTED = "killed", "survived", "timeout", "no tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants-at-once", type=int, default=2)
    parser.addoption("--mutants-sample", type=int, default=0, help="0 is all")
    parser.addoption("--mutants-seed", type=int, default=0, help="0 is the number of mutants")
    parser.addoption("--mutants-results", type=Path, required=True)


def pytest_configure() -> None:
    """That an example fails is enough: it need not be made small. A slow one is not wrong: the machine may be busy."""
    enough = (Phase.explicit, Phase.reuse, Phase.generate)
    settings.register_profile("mutants", phases=enough, database=None, derandomize=True, deadline=None)
    settings.load_profile("mutants")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise pytest.UsageError("The tests cannot be collected; see above.")
    Trial(session.config, traced(session.items), timed(session.items)).run()
    return True


def traced(items: Sequence[pytest.Item]) -> Mapping[Line, list[pytest.Item]]:
    """Each test once on the unchanged rules: which lines it runs."""
    set_mutant_under_test("none")
    met: set[Line] = set()
    reached: dict[Line, list[pytest.Item]] = defaultdict(list)
    for item, following in zip(items, [*items[1:], None], strict=True):
        met.clear()
        sys.settrace(tracer(met))
        reports = runtestprotocol(item, nextitem=following, log=False)
        sys.settrace(None)
        for report in reports:
            if report.failed:
                raise pytest.UsageError(f"{item.nodeid} fails on the unchanged rules:\n{report.longreprtext}")
        for line in met:
            reached[line].append(item)
    return reached


def timed(items: Sequence[pytest.Item]) -> Mapping[pytest.Item, float]:
    """How long each test takes when nobody looks at its lines, with what it shares with others of its module."""
    seconds: dict[pytest.Item, float] = {}
    for item, following in zip(items, [*items[1:], None], strict=True):
        begun = time.process_time()
        runtestprotocol(item, nextitem=None if _shares(item) else following, log=False)
        seconds[item] = time.process_time() - begun
        if seconds[item] > LONGEST:
            print(f"left out, as it takes {seconds[item]:.1f} s: {item.nodeid}", flush=True)
    return seconds


def _shares(item: pytest.Item) -> bool:
    """Whether it has a fixture that lives longer than itself."""
    found = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # noqa: SLF001
    return any(definitions[-1].scope == "module" for definitions in found.values())


def drawn(mutants: Sequence[Mutant], sample: int, seed: int) -> list[Mutant]:
    """So many of them by lot, 0 is all; what has been tried is a fair sample at any time."""
    shuffled = list(mutants)
    random.Random(seed or len(mutants)).shuffle(shuffled)
    return shuffled[: sample or len(mutants)]


def taking_turns(tests: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The first of each file, then the second of each: what one test does not notice, those beside it seldom do."""
    turns: Counter[Path] = Counter()
    turn: dict[pytest.Item, int] = {}
    for test in tests:
        turn[test] = turns[test.path]
        turns[test.path] += 1
    return sorted(turn, key=turn.__getitem__)


class Trial:
    def __init__(
        self,
        config: pytest.Config,
        reached: Mapping[Line, list[pytest.Item]],
        seconds: Mapping[pytest.Item, float],
    ) -> None:
        self._at_once: int = config.getoption("--mutants-at-once")
        self._sample: int = config.getoption("--mutants-sample")
        self._seed: int = config.getoption("--mutants-seed")
        self._results: Path = config.getoption("--mutants-results")
        self._reached = reached
        self._seconds = seconds
        self._reach = Counter(item for tests in reached.values() for item in tests)
        self._tried: dict[int, str] = {}
        self._became: dict[str, str] = {}

    def run(self) -> None:
        gc.collect()
        gc.freeze()  # else every process would copy what it never touches
        found = [one for meta in sorted(Path("src").rglob("*.meta")) for one in _named(meta)]
        mutants = drawn(found, self._sample, self._seed)
        print(f"{len(mutants)} changes to try", flush=True)
        for number, (mutant, lines) in enumerate(mutants, 1):
            tests = self._closest(lines)
            if not tests:
                self._became[mutant] = UNTESTED
                continue
            while len(self._tried) >= self._at_once:
                self._await_one()
            self._try(mutant, tests)
            if number % 200 == 0:
                self._tell(number)
        while self._tried:
            self._await_one()
        self._tell(len(mutants))

    def _closest(self, lines: Iterable[Line]) -> list[pytest.Item]:
        """The tests that run one of the lines, of each file first those that are quick and run little else."""
        chosen: list[pytest.Item] = []
        left = ENOUGH
        met = {item for line in lines for item in self._reached.get(line, ())}
        for item in taking_turns(sorted(met, key=lambda item: self._seconds[item] * self._reach[item])):
            if self._seconds[item] <= min(left, LONGEST):
                chosen.append(item)
                left -= self._seconds[item]
        return chosen

    def _try(self, mutant: str, tests: Sequence[pytest.Item]) -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                _be_silent()
                set_mutant_under_test(mutant)
                status = int(self._noticed(tests))
            finally:
                os._exit(status)
        self._tried[child] = mutant

    def _noticed(self, tests: Sequence[pytest.Item]) -> bool:
        """Whether a test fails; the first that does is the last. One that takes much longer than before is stopped."""
        for item, following in zip(tests, [*tests[1:], None], strict=True):
            limit = math.ceil(time.process_time() + 10 * self._seconds[item] + SLACK)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
            if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
                return True
        return False

    def _await_one(self) -> None:
        child, status = os.wait()
        mutant = self._tried.pop(child)
        if os.WIFSIGNALED(status):
            self._became[mutant] = TIMEOUT if os.WTERMSIG(status) == signal.SIGXCPU else KILLED
        else:
            self._became[mutant] = KILLED if os.WEXITSTATUS(status) else SURVIVED

    def _tell(self, number: int) -> None:
        print(f"{time.strftime('%H:%M:%S')} {number} tried: {dict(Counter(self._became.values()))}", flush=True)
        self._results.write_text(json.dumps(self._became))


def _named(meta: Path) -> list[tuple[str, list[Line]]]:
    source = meta.with_suffix("")
    module = ".".join(source.relative_to("src").with_suffix("").parts)
    lines = dict(changed(source, module))
    return [(mutant, lines.get(mutant, [])) for mutant in json.loads(meta.read_text())["exit_code_by_key"]]


def _be_silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
