"""What a fault run came to: the arithmetic, `build/faults.json`, and a page for the terminal."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from aftersales_local.faults.record import FAULTS
from aftersales_local.faults.run import Played
from aftersales_local.faults.schedule import STEP

SHOWN: Final = 20


def faults_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / FAULTS).read_text().splitlines()]


def by_kind(faults: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """How many by kind and target."""
    counted: dict[str, Counter[str]] = {}
    for fault in faults:
        counted.setdefault(fault["kind"], Counter())[fault["target"]] += 1
    return {kind: dict(sorted(targets.items())) for kind, targets in sorted(counted.items())}


def steps_seen(faults: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The named steps at which each service was seen to die."""
    seen: dict[str, set[str]] = {}
    for fault in faults:
        if fault["kind"] == STEP:
            seen.setdefault(fault["target"], set()).add(fault["step"])
    return {target: sorted(steps) for target, steps in sorted(seen.items())}


def recovery(faults: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds from the end of a fault to health, by kind and target. What never recovered is not among them."""
    times: dict[str, list[float]] = {}
    for fault in faults:
        if fault["recovered_mono"] is not None:
            since = fault.get("healed_mono", fault["at_mono"])
            times.setdefault(f"{fault['kind']} {fault['target']}", []).append(fault["recovered_mono"] - since)
    return {
        name: {
            "min": round(min(each), 2),
            "median": round(median(each), 2),
            "max": round(max(each), 2),
        }
        for name, each in sorted(times.items())
    }


def under_load(faults: Sequence[Mapping[str, Any]]) -> int:
    return sum(bool(fault["under_load"]) for fault in faults)


def proved(played: Played) -> bool:
    """Whether everything was done that was to be done, and the checker found nothing."""
    return played.verdict.checked and not (played.verdict.violations or played.unseen or played.lost)


def as_json(plain: Played, played: Played, told: Mapping[str, Any]) -> dict[str, Any]:
    """told: seed, commit, orders, replay and the like, as the command knows them."""
    faults = faults_of(played.folder)
    return {
        **told,
        "proved": proved(played) and not plain.verdict.violations,
        "checked": played.verdict.checked,
        "faults": by_kind(faults),
        "faults_under_load": under_load(faults),
        "kills_to_arm": played.armings,
        "steps_seen": steps_seen(faults),
        "steps_not_seen": list(played.unseen),
        "not_recovered": list(played.lost),
        "recovery_seconds": recovery(faults),
        "rest_after_seconds": round(played.quiet_after, 1),
        "operations": {"ok": played.record.done["ok"], "failed": played.record.done["fail"]}
        | {"unknown": played.record.done["info"], "answered_again": played.record.replayed},
        "published": played.record.produced,
        "records": dict(played.repeats.records),
        "repeats": dict(played.repeats.repeated),
        "checks": dict(played.verdict.checks),
        "violations": [asdict(each) for each in played.verdict.violations],
        "violations_undisturbed": [asdict(each) for each in plain.verdict.violations],
        "seconds": {"undisturbed": round(plain.seconds, 1), "disturbed": round(played.seconds, 1)},
    }


def write(file: Path, said: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(said, indent=2, default=str) + "\n")


def show(console: Console, said: Mapping[str, Any]) -> None:
    console.rule("faults")
    table = Table("fault", "on", "times", "well again after (s): min", "median", "max", box=None)
    for kind, targets in said["faults"].items():
        for target, times in targets.items():
            spread = said["recovery_seconds"].get(f"{kind} {target}", {})
            table.add_row(kind, target, str(times), *(str(spread.get(each, "-")) for each in ("min", "median", "max")))
    console.print(table)
    for sentence in sentences(said):
        console.print(sentence, markup=False, soft_wrap=True)


def sentences(said: Mapping[str, Any]) -> list[str]:
    operations = said["operations"]
    total = sum(sum(targets.values()) for targets in said["faults"].values())
    repeated = ", ".join(f"{topic} {count} of {said['records'][topic]}" for topic, count in said["repeats"].items())
    lines = [
        f"{total} faults, {said['faults_under_load']} of them while the load went on.",
        f"Besides that, services were killed {said['kills_to_arm']} times to be started with a fail point.",
        *(f"{service} died at {', '.join(steps)}." for service, steps in said["steps_seen"].items()),
        f"HTTP attempts: {operations['ok']} ok, {operations['failed']} refused, {operations['unknown']} unknown.",
        f"Of the answers, {operations['answered_again']} told again what had been done before.",
        f"Published by the drivers: {said['published']}. Repeats on the topics: {repeated}.",
        f"At rest {said['rest_after_seconds']} s after the last fault and the last message.",
    ]
    lines += [f"NOT SEEN: no process reached {step}." for step in said["steps_not_seen"]]
    lines += [f"NOT RECOVERED: {sentence}" for sentence in said["not_recovered"]]
    wrong = said["violations_undisturbed"] + said["violations"]
    lines += [f"VIOLATED {each['invariant']}: {each['sentence']}" for each in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(f"... and {len(wrong) - SHOWN} more violations.")
    if not said["checked"]:
        lines.append("NOTHING WAS PROVED: the checker is not installed.")
    elif said["proved"]:
        lines.append("Nothing was lost, doubled or decided otherwise than without faults.")
    if not said["proved"]:
        lines.append(f"Replay with: {said['replay']}")
    return lines
