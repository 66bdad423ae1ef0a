"""What a desk in memory has before it."""

from arbitration.domain.case import Case
from arbitration.store.kinds import case_ref
from tests.support.in_memory import InMemory


def case(world: InMemory) -> Case:
    found = world.states[case_ref("D1")]
    assert isinstance(found, Case)
    return found
