"""I12: away or busy is said as such; anything else is a failure of ours."""

import pytest

from aftersales_checker.answers import not_now_at_worst
from tests.checker import healthy
from tests.checker.healthy import with_run
from tests.checker.test_nothing_lost import command


@pytest.mark.parametrize("status", [200, 404, 409, 429, 503, 504, None])
def test_held_when_granted_refused_unreachable_or_not_now(status: int | None) -> None:
    found = with_run(healthy.found(), operations=command("info", status))
    assert not_now_at_worst(found).violations == []


@pytest.mark.parametrize("status", [500, 502])
def test_named_when_a_service_failed(status: int) -> None:
    found = with_run(healthy.found(), operations=command("info", status))
    [violation] = not_now_at_worst(found).violations
    assert violation.sentence == f"dispute answered POST /disputes/d-1/accept with {status}."


def test_answers_are_counted_and_what_never_ended_is_none() -> None:
    operations = [*command("ok", 200), *command("info", 503, op=2), *command("ok", 200, op=3)[:1]]
    verdict = not_now_at_worst(with_run(healthy.found(), operations=operations))
    assert verdict.figures == {"answers": 2, "not_now": 1}
