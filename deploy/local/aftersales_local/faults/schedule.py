"""What the fault run has to do, drawn from the seed before anything runs: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from aftersales_local.services import SERVICES

TRACKING, DISPUTE, ARBITRATION, NOTIFICATION = SERVICES
POSTGRES: Final = "postgres"
KAFKA: Final = "kafka"

KILL: Final = "kill"  # SIGKILL, wherever the process is
STEP: Final = "step"  # SIGKILL at a named step
STOP: Final = "stop"  # SIGSTOP, and SIGCONT later
STORM: Final = "storm"  # second instances join and leave
KINDS: Final = (KILL, STEP, STOP, STORM)

UNIT: Final = tuple(f"C{number}" for number in range(1, 10))
RELAY: Final = tuple(f"R{number}" for number in range(1, 6))
TIMERS: Final = tuple(f"T{number}" for number in range(1, 5))
HTTP: Final = tuple(f"H{number}" for number in range(1, 5))
# In the load people speak to these two; the other services are told everything over Kafka.
SPOKEN_TO: Final = (DISPUTE, ARBITRATION)

KILLS_OF_A_SERVICE: Final = 10
KILLS_OF_A_SERVER: Final = 3
STOPPED_FOR: Final = 20.0
STORM_FOR: Final = 60.0
LONGEST_REST: Final = 6.0


@dataclass(frozen=True, slots=True)
class Duty:
    """One fault. step: of a kill at a named step. rest: seconds of peace before it."""

    kind: str
    target: str
    rest: float
    step: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. everywhere: each step in each service where it occurs, else in one of them."""

    kills: int = KILLS_OF_A_SERVICE
    servers: int = KILLS_OF_A_SERVER
    stopped_for: float = STOPPED_FOR
    storm_for: float = STORM_FOR
    everywhere: bool = True


WHOLE: Final = Size()
QUICK: Final = Size(kills=1, servers=1, stopped_for=5.0, storm_for=10.0, everywhere=False)


def steps_of(service: str) -> tuple[str, ...]:
    """Where this service can die by name."""
    return UNIT + RELAY + TIMERS + (HTTP if service in SPOKEN_TO else ())


def schedule(seed: int, size: Size = WHOLE, only: Sequence[str] = KINDS) -> dict[str, list[Duty]]:
    """The duties by line; the lines run beside one another, the duties of one in their order.

    A line for each service, and one for the two servers and the storm.
    """
    chance = Random(f"faults {seed}")
    lines = {service: _of_service(service, size, chance) for service in SERVICES}
    if not size.everywhere:
        _thin_out(lines, chance)
    servers = [(KILL, server) for server in (POSTGRES, KAFKA) for _ in range(size.servers)]
    servers += [(STOP, KAFKA), (STORM, "all")]
    chance.shuffle(servers)
    lines["servers"] = [Duty(kind, target, _rest(chance) * 2) for kind, target in servers]
    kept = {line: [duty for duty in duties if duty.kind in only] for line, duties in lines.items()}
    return {line: duties for line, duties in kept.items() if duties}


def _of_service(service: str, size: Size, chance: Random) -> list[Duty]:
    """Kills, the stop and named steps, evenly mixed."""
    named = [Duty(STEP, service, _rest(chance) / 2, step) for step in steps_of(service)]
    chance.shuffle(named)
    # People speak seldom, and neither at the very beginning nor at the end: their steps come in the second third.
    spoken = [duty for duty in named if duty.step in HTTP]
    silent = [duty for duty in named if duty.step not in HTTP]
    third = len(silent) // 3
    named = silent[:third] + _woven(spoken, silent[third : 2 * third]) + silent[2 * third :]
    others = [Duty(KILL, service, _rest(chance)) for _ in range(size.kills)]
    others.insert(chance.randrange(len(others) + 1), Duty(STOP, service, _rest(chance)))
    return _woven(named, others)


def _woven(first: Sequence[Duty], second: Sequence[Duty]) -> list[Duty]:
    """Both in their order, evenly mixed."""
    places = [(number / len(each), duty) for each in (first, second) for number, duty in enumerate(each)]
    return [duty for _, duty in sorted(places, key=lambda place: place[0])]


def _thin_out(lines: dict[str, list[Duty]], chance: Random) -> None:
    """Leave each step in one of the services where it occurs."""
    for step in (*UNIT, *RELAY, *TIMERS, *HTTP):
        keeper = DISPUTE if step in HTTP else chance.choice(SERVICES)
        for service, duties in lines.items():
            if service != keeper:
                lines[service] = [duty for duty in duties if duty.step != step]


def _rest(chance: Random) -> float:
    return round(chance.uniform(0.2, LONGEST_REST), 2)


def count(lines: Iterable[Sequence[Duty]]) -> int:
    return sum(len(duties) for duties in lines)
