"""The alert rules: run by promtool on situations; each names metrics that exist and has its place in the runbook."""

import re
import subprocess

import pytest

from aftersales_local import metrics_page, promtool
from aftersales_local.places import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES = (FOLDER / "alerts.yml").read_text()
CASES = (FOLDER / "alerts_test.yml").read_text()
ALERTS = re.findall(r"- alert: (\w+)", RULES)
# Prometheus's own, and those that its client gives every Python process.
GIVEN = {"up", "process_start_time_seconds"}


@pytest.fixture(scope="module")
def tool() -> str:
    found = promtool.find()
    if found is None:
        pytest.skip("promtool is not here, so the alert rules were NOT tested; `make promtool` builds it with Go")
    return str(found)


@pytest.mark.parametrize(
    "words",
    [("check", "config", "prometheus.yml"), ("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")],
    ids=" ".join,
)
def test_promtool_is_content(words: tuple[str, ...], tool: str) -> None:
    done = subprocess.run([tool, *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_in_which_it_is_heard_and_one_in_which_it_is_not() -> None:
    cases = re.findall(r"alertname: (\w+)\n.*\n +exp_alerts:(.*)", CASES)
    assert {name for name, expected in cases if not expected} == set(ALERTS)
    assert {name for name, expected in cases if expected} == set(ALERTS)


def test_each_alert_names_metrics_that_the_services_show() -> None:
    expressions = " ".join(re.findall(r"expr: (.*)", RULES))
    named = set(re.findall(r"\b(aftersales_\w+|process_\w+|up)\b", expressions))
    shown = {each.name for each in metrics_page.told()}
    assert named - shown == GIVEN


def test_each_alert_has_a_section_of_the_runbook_and_no_other_section_is_called_an_alert() -> None:
    runbook = (ROOT / "deploy" / "runbook.md").read_text()
    sections = re.findall(r"^### (\w+)$", runbook, re.MULTILINE)
    assert sections == ALERTS


def test_the_metrics_page_is_up_to_date() -> None:
    assert metrics_page.PAGE.read_text() == metrics_page.page(), "run: python -m aftersales_local.metrics_page"
