"""The arithmetic of a fault run's report, the pace of its load, and how its parts are read."""

import json
from pathlib import Path

import pytest

from aftersales.errors import Failure
from aftersales_local.checks.topics import Seen
from aftersales_local.faults import checking, report, run
from aftersales_local.faults.checking import Verdict, Violation
from aftersales_local.faults.pace import may_pass
from aftersales_local.faults.patient import outcome
from aftersales_local.faults.record import Record
from aftersales_local.faults.repeats import counted
from aftersales_local.faults.story import pattern
from aftersales_local.people import Answer

FAULTS = [
    {"kind": "kill", "target": "dispute", "at_mono": 10.0, "recovered_mono": 12.0, "under_load": True},
    {"kind": "kill", "target": "dispute", "at_mono": 20.0, "recovered_mono": 25.0, "under_load": False},
    {"kind": "kill", "target": "dispute", "at_mono": 30.0, "recovered_mono": 33.0, "under_load": True},
    {"kind": "step", "target": "dispute", "at_mono": 40.0, "recovered_mono": 41.0, "under_load": True, "step": "C5"},
    {"kind": "stop", "target": "kafka", "at_mono": 50.0, "recovered_mono": 71.5, "under_load": True}
    | {"healed_mono": 70.0},
    {"kind": "kill", "target": "kafka", "at_mono": 80.0, "recovered_mono": None, "under_load": True},
]


def test_faults_are_counted_by_kind_and_target() -> None:
    assert report.by_kind(FAULTS) == {
        "kill": {"dispute": 3, "kafka": 1},
        "step": {"dispute": 1},
        "stop": {"kafka": 1},
    }
    assert report.under_load(FAULTS) == 5
    assert report.steps_seen(FAULTS) == {"dispute": ["C5"]}


def test_recovery_is_counted_from_the_end_of_a_fault_and_without_what_never_recovered() -> None:
    spread = report.recovery(FAULTS)
    assert spread["kill dispute"] == {"min": 2.0, "median": 3.0, "max": 5.0}
    assert spread["stop kafka"] == {"min": 1.5, "median": 1.5, "max": 1.5}
    assert "kill kafka" not in spread


def test_a_record_is_a_repeat_where_its_source_and_id_came_before_on_the_topic() -> None:
    seen = [Seen("t", 0, offset, "shop", name, "") for offset, name in enumerate(["a", "b", "a", "a"])]
    seen.append(Seen("u", 0, 0, "shop", "a", ""))
    found = counted(seen)
    assert (found.records, found.repeated) == ({"t": 4, "u": 1}, {"t": 2, "u": 0})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, {}), "ok"),
        (Answer(409, {"type": "urn:problem:too-late"}), "fail"),
        (Answer(409, {"type": "urn:problem:request-in-flight"}), "info"),
        (Answer(429, {}), "info"),
        (Answer(503, {}), "info"),
        (None, "info"),
    ],
)
def test_an_attempt_is_unknown_where_only_a_repeat_can_tell(answer: Answer | None, kind: str) -> None:
    assert outcome(answer) == kind


def test_the_load_waits_for_the_faults_and_goes_further_where_a_fault_waits_for_it() -> None:
    assert may_pass(0.5, 0.5, hungry=False)
    assert not may_pass(0.6, 0.5, hungry=False)
    assert may_pass(0.6, 0.5, hungry=True)
    assert not may_pass(0.8, 0.5, hungry=True)
    assert may_pass(1.0, 0.9, hungry=True)


def test_what_the_checker_says_is_taken_over() -> None:
    violation = {"invariant": "I3", "sentence": "Paid twice.", "order": "O1", "dispute": None}
    verdict = checking.parsed(json.dumps({"checks": {"I3": 1}, "violations": [violation]}))
    assert verdict == Verdict(True, {"I3": 1}, (Violation("I3", "Paid twice.", "O1", ""),))


def test_a_name_is_no_part_of_a_longer_one() -> None:
    assert pattern("D-G1") == r"\mD\-G1\M"


def test_the_run_folder_has_a_line_for_each_attempt_and_each_fault(tmp_path: Path) -> None:
    said = {"f": "POST /disputes", "service": "dispute", "key": "k", "actor": "buyer:anna"}
    with Record(tmp_path) as record:
        record.end(record.begin(said), "info", None, said)
        record.end(record.begin(said), "ok", 201, said)
        record.fault("kill", "dispute", 1.0, 2.0, under_load=True)
    lines = [json.loads(line) for line in (tmp_path / "client.jsonl").read_text().splitlines()]
    assert [(each["op"], each["type"], each["value"]) for each in lines] == [
        *((1, "invoke", None), (1, "info", None), (2, "invoke", None), (2, "ok", 201)),
    ]
    assert record.done == {"ok": 1, "fail": 0, "info": 1}
    assert report.faults_of(tmp_path)[0]["recovered_mono"] == 2.0


@pytest.mark.parametrize("kind", ["tansu", "external"])
def test_a_fault_run_wants_an_apache_kafka_of_its_own(kind: str) -> None:
    with pytest.raises(Failure) as refused:
        run.refuse_the_small_broker(kind)
    assert refused.value.exit_code == 2
