"""The benchmark's arithmetic: spreads, ratios, percentiles, verdicts, and what its report says of them."""

import pytest

from aftersales_local.bench.figures import Spread, Target, judge, percentile, ratio
from aftersales_local.bench.plan import LIMITS, NAMES, TARGETS, UNITS, needed
from aftersales_local.bench.report import as_json

FAST = Spread((6_000.0, 4_000.0, 5_000.0), "scans/s")
SLOW = Spread((100.0, 50.0, 125.0), "scans/s")


def test_a_spread_tells_its_least_its_middle_and_its_most() -> None:
    assert (FAST.least, FAST.median, FAST.most) == (4_000, 5_000, 6_000)


def test_a_ratio_compares_what_was_measured_in_one_round() -> None:
    assert ratio(FAST, SLOW) == Spread((60.0, 80.0, 40.0), "times")


def test_figures_of_different_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio(FAST, Spread((100.0,), "scans/s"))


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_measured_value_that_so_many_do_not_exceed(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        (Target("fast", "at least", 60, "slow"), True),
        (Target("fast", "at least", 60.1, "slow"), False),
        (Target("fast", "below", 5_001), True),
        (Target("fast", "below", 5_000), False),
        (Target("fast", "below", 5_001, always=True), False),
        (Target("fast", "below", 6_001, always=True), True),
        (Target("fast", "at least", 4_001, always=True), False),
    ],
)
def test_a_target_is_kept_by_the_median_or_by_every_value(target: Target, kept: bool) -> None:
    assert judge(target, {"fast": FAST, "slow": SLOW}).kept is kept


@pytest.mark.parametrize("target", [Target("unheard", "below", 1), Target("fast", "at least", 1, "unheard")])
def test_nothing_is_said_of_what_was_not_measured(target: Target) -> None:
    verdict = judge(target, {"fast": FAST})
    assert (verdict.measured, verdict.kept) == (None, None)


def test_the_report_carries_every_figure_with_its_spread_and_every_verdict() -> None:
    figures = {"scans": FAST, "naive": SLOW, "produce": FAST}
    said = as_json(figures, [judge(target, figures) for target in TARGETS], quick=False)
    assert said["figures"]["scans"] == {
        "unit": "scans/s",
        "min": 4_000,
        "median": 5_000,
        "max": 6_000,
        "values": [6_000, 4_000, 5_000],
    }
    assert said["limits"]["scans / produce"]["median"] == 1
    kept = {target["target"]: target["kept"] for target in said["targets"]}
    assert kept.pop("scans / naive") is True
    assert set(kept.values()) == {None}


def test_a_part_brings_along_what_it_builds_on() -> None:
    assert needed(["scans"]) == {"scans"}
    assert needed(["backlog"]) == {"backlog", "latency", "notices"}
    assert needed([]) == set(NAMES)


def test_every_target_and_ratio_speaks_of_a_figure_that_is_measured() -> None:
    spoken = {name for target in TARGETS for name in (target.figure, target.beside)} | {
        name for pair in LIMITS for name in pair
    }
    assert spoken - {None} <= set(UNITS)
