"""The report as tables, as JSON and as a page; and what a wrong command line is told."""

import io
import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from aftersales import cli
from aftersales_local.whatif.page import page
from aftersales_local.whatif.scan import Span
from aftersales_local.whatif.shown import show, summary
from tests.whatif.histories import DAY, OPENED, backtest, complaint, order, policy, says


@pytest.fixture
def report(tmp_path: Path) -> Mapping[str, Any]:
    refusal = says("plan_refused", OPENED + 4 * DAY, by="S1")
    end = says("evidence_added", OPENED + 40 * DAY, evidence=["photo"])
    return backtest(tmp_path, [*order(), complaint(), refusal, end], policy(seller__response="P3D"))


def test_the_report_is_json(report: Mapping[str, Any]) -> None:
    assert json.loads(json.dumps(report)) == report


def test_tables_say_the_figures_without_colours_off_a_terminal(report: Mapping[str, Any]) -> None:
    said = io.StringIO()
    show(report, Console(file=said, width=120))
    assert re.search(r"seller.response .* P5D .* P3D", said.getvalue())
    assert re.search(r"to buyers: refund .* 3.70 USD .* 20.00 USD .* \+16.30 USD", said.getvalue())
    assert report["assumption"]["sentence"] in said.getvalue()
    assert "\x1b" not in said.getvalue()


def test_a_pipe_gets_whole_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h.ndjson").write_bytes(b"".join([*order(), complaint()]))
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run(["backtest", str(tmp_path / "h.ndjson"), "--policy", "classic"]) == 0
    assert "NOT_AS_DESCRIBED" in capsys.readouterr().out


def test_the_first_lines_say_the_span(tmp_path: Path) -> None:
    span = Span(OPENED - 30 * DAY, OPENED)
    said = list(summary(backtest(tmp_path, [*order(), complaint()], policy(seller__response="P3D"), span)))
    assert said[1] == "Only orders placed from 2025-04-01T09:00:00Z and before 2025-05-01T09:00:00Z."


class Checked(HTMLParser):
    """Every element that is opened is closed; whatever is loaded is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loaded += [name for name, _ in attrs if name in ("src", "href", "xlink:href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [name for name, _ in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(report: Mapping[str, Any]) -> None:
    made = page(report)
    checked = Checked()
    checked.feed(made)
    assert checked.open == []
    assert checked.loaded == []
    assert "@import" not in made
    assert made.count("<svg") >= 4


def test_the_page_tells_both_explanations(report: Mapping[str, Any]) -> None:
    made = page(report)
    assert "Transition 6" in made  # the seller was silent
    assert "R17" in made
    assert report["assumption"]["sentence"].replace("'", "&#x27;") in made


def test_words_of_people_do_not_become_markup(report: Mapping[str, Any]) -> None:
    assert "<script>" not in page({**report, "source": "<script>alert(1)</script>"})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.ndjson", "--policy", "classic"], "nowhere.ndjson: there is no such file or folder"),
        (["h.ndjson", "--policy", "nowhere.toml"], "nowhere.toml: there is no such policy file"),
        (["h.ndjson", "--policy", "bad.toml"], 'bad.toml: seller.response: "5 days" is no ISO 8601 duration'),
        (["h.ndjson", "--policy", "classic", "--from", "yesterday"], "yesterday is no instant or day"),
        (["h.ndjson", "--policy", "classic", "--from", "0001-01-01T00:00:00+10:00"], "--from: 0001-01-01T00:00:00+10"),
        (["h.ndjson", "--policy", "classic", "--from", "2025-02-01", "--until", "2025-01-01"], "before 2025-01-01"),
        (["h.ndjson"], "--policy"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("h.ndjson").write_bytes(b"".join(order()))
    Path("bad.toml").write_text('name = "bad"\nversion = 1\n[with]\n"seller.response" = "5 days"\n')
    assert cli.run(["backtest", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_json_stands_alone_on_the_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("h.ndjson").write_bytes(b"".join([*order(), complaint()]))
    assert cli.run(["backtest", "h.ndjson", "--policy", "classic", "--json", "--html", "report.html"]) == 0
    assert json.loads(capsys.readouterr().out)["policies"]["before"].startswith("standard@1#")
    assert Path("report.html").read_text().startswith("<!doctype html>")
