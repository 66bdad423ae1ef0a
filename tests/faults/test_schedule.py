"""What a fault run will do is drawn from the seed alone, and is all of what it must do."""

import pytest

from aftersales_local.faults.schedule import (
    KAFKA,
    KILL,
    POSTGRES,
    QUICK,
    SPOKEN_TO,
    STEP,
    STOP,
    STORM,
    WHOLE,
    Duty,
    schedule,
    steps_of,
)
from aftersales_local.services import SERVICES

EVERY_STEP = {
    f"{kind}{number}" for kind, last in (("C", 9), ("R", 5), ("T", 4), ("H", 4)) for number in range(1, last + 1)
}


def every(lines: dict[str, list[Duty]]) -> list[Duty]:
    return [duty for duties in lines.values() for duty in duties]


def times(lines: dict[str, list[Duty]], kind: str, target: str) -> int:
    return sum((duty.kind, duty.target) == (kind, target) for duty in every(lines))


def test_the_same_seed_draws_the_same_faults_in_the_same_order() -> None:
    assert schedule(7) == schedule(7)
    assert schedule(7) != schedule(8)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_killed_ten_times_at_random_and_stopped_once(service: str) -> None:
    lines = schedule(1)
    assert times(lines, KILL, service) == 10
    assert times(lines, STOP, service) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_dies_at_every_step_that_occurs_in_it(service: str) -> None:
    wanted = EVERY_STEP if service in SPOKEN_TO else {step for step in EVERY_STEP if not step.startswith("H")}
    named = [duty.step for duty in schedule(1)[service] if duty.kind == STEP]
    assert sorted(named) == sorted(wanted)


def test_both_servers_are_killed_three_times_kafka_is_stopped_and_there_is_a_storm() -> None:
    lines = schedule(1)
    assert [times(lines, KILL, server) for server in (POSTGRES, KAFKA)] == [3, 3]
    assert times(lines, STOP, KAFKA) == 1
    assert [duty.kind for duty in every(lines)].count(STORM) == 1
    assert (WHOLE.stopped_for, WHOLE.storm_for) == (20.0, 60.0)


def test_a_quick_run_still_dies_once_at_every_step() -> None:
    named = [duty for duty in every(schedule(3, QUICK)) if duty.kind == STEP]
    assert sorted(duty.step for duty in named) == sorted(EVERY_STEP)
    assert all(duty.step in steps_of(duty.target) for duty in named)


def test_only_the_kinds_that_are_asked_for() -> None:
    lines = schedule(1, only=[STORM])
    assert [(duty.kind, duty.target) for duty in every(lines)] == [(STORM, "all")]
    assert list(lines) == ["servers"]
