"""`aftersales faults-planted`: the checker must name every planted defect, and find nothing where none is."""

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from aftersales.errors import Failure
from aftersales_local.places import HOME, ROOT
from aftersales_local.planted.defects import DEFECTS, UNBROKEN, Defect
from aftersales_local.planted.scenarios import Scenario
from aftersales_local.planted.servers import Servers, servers
from aftersales_local.planted.stage import Stage

# An engine that is whole comes to rest long before; one that is not may never.
PATIENCE: Final = 30.0
PATIENCE_WITH_BROKEN: Final = 6.0
REPORT: Final = ROOT / "build" / "faults-planted.json"


def faults_planted(
    only: Annotated[list[str] | None, typer.Option(help="A defect by its name; more than once for several.")] = None,
    report: Annotated[Path, typer.Option(help="Where the findings go.")] = REPORT,
    home: Annotated[Path, typer.Option(help="A folder for the servers' data; emptied first.")] = HOME / "planted",
) -> int:
    """Run the checker against engines broken on purpose: it must name each."""
    chosen = _chosen(only)
    began = time.monotonic()
    findings: list[dict[str, Any]] = []
    with servers(home) as running:
        scenarios = {defect.scenario.name: defect.scenario for defect in chosen.values()}
        for scenario in scenarios.values():
            findings.append(_tried(running, UNBROKEN, scenario, None))
            _say(findings[-1])
        for name, defect in chosen.items():
            findings.append(_tried(running, name, defect.scenario, defect))
            _say(findings[-1])
    failed = [finding for finding in findings if not finding["as_meant"]]
    report.parent.mkdir(parents=True, exist_ok=True)
    said = {"seconds": round(time.monotonic() - began), "failed": len(failed), "findings": findings}
    report.write_text(json.dumps(said, indent=1) + "\n")
    if not failed:
        shutil.rmtree(home, ignore_errors=True)
    named = sum(1 for finding in findings if finding["must_name"] and finding["as_meant"])
    clean = sum(1 for finding in findings if not finding["must_name"] and finding["as_meant"])
    print(
        f"{named} of {len(chosen)} defects named, {clean} of {len(scenarios)} scenarios clean without a defect,",
        end=" ",
    )
    print(f"in {said['seconds']} s. {report} has the findings.")
    return 1 if failed else 0


def _chosen(only: list[str] | None) -> dict[str, Defect]:
    unknown = sorted(set(only or ()) - DEFECTS.keys())
    if unknown:
        raise Failure(f"{unknown[0]} is not a defect. There are {', '.join(DEFECTS)}.")
    return {name: defect for name, defect in DEFECTS.items() if not only or name in only}


def _tried(running: Servers, name: str, scenario: Scenario, defect: Defect | None) -> dict[str, Any]:
    broken, *others = scenario.services
    services = {broken: name, **dict.fromkeys(others, UNBROKEN)}
    sql = {broken: defect.sql if defect is not None else ()}
    patience = PATIENCE if defect is None else PATIENCE_WITH_BROKEN
    began = time.monotonic()
    folder = f"{name}-{scenario.name}".replace(" ", "-")
    stage = Stage(running, folder, services, sql, patience)
    violations: list[dict[str, Any]] = []
    failure = None
    try:
        scenario.play(stage)
        violations = stage.check()["violations"]
    except Failure as problem:
        failure = problem.sentence
    finally:
        stage.end()
    found = Counter(violation["invariant"] for violation in violations)
    wanted = defect.breaks if defect is not None else None
    sentences = [each["sentence"] for each in violations if wanted in (None, each["invariant"])]
    as_meant = found[wanted] > 0 if wanted is not None else not found
    return {
        "defect": name,
        "says": defect.says if defect is not None else "the engine as it is",
        "scenario": scenario.name,
        "must_name": wanted,
        "named": dict(found),
        "as_meant": as_meant and failure is None,
        "for_example": [failure] if failure is not None else sentences[:3],
        "seconds": round(time.monotonic() - began, 1),
    }


def _say(finding: dict[str, Any]) -> None:
    wanted = f"must name {finding['must_name']}" if finding["must_name"] else "must find nothing"
    named = ", ".join(f"{name} ({count})" for name, count in finding["named"].items()) or "nothing"
    mark = "ok    " if finding["as_meant"] else "FAILED"
    print(f"{mark} {finding['defect']:<28} {finding['scenario']:<26} {wanted}; found {named}", flush=True)
    if finding["for_example"] and (finding["must_name"] or not finding["as_meant"]):
        print(f"       {finding['for_example'][0]}", flush=True)
