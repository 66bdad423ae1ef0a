"""The checker as a program: over real tables and topics, and what it says when it cannot check."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from aftersales.cli import run
from aftersales.runtime.migrate import migrate
from aftersales_checker import folder, tables, topics
from aftersales_checker.__main__ import CHECKS, document, judge
from aftersales_checker.found import Found, Run
from aftersales_local.planted.breaking import undone
from aftersales_local.planted.defects import DEFECTS
from tests.support.servers import MakeTopic

SERVICES = ("order_tracking", "dispute", "arbitration", "notification")


async def test_everything_holds_over_empty_databases(
    kafka: str, make_topic: MakeTopic, make_database: Callable[[], Awaitable[str]]
) -> None:
    databases = {service: await make_database() for service in SERVICES}
    for service, dsn in databases.items():
        await asyncio.to_thread(migrate, service, dsn)
    topic = await make_topic()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        headers = [("ce_source", b"shop"), ("ce_id", b"1"), ("ce_type", b"x.y.v1"), ("ce_sequence", b"7")]
        await producer.send_and_wait(topic, b'{"a": 1}', key=b"k", headers=headers)
        await producer.send_and_wait(topic, b"rubbish")
    records = await asyncio.to_thread(topics.read, kafka, [topic, "no.such.topic"])
    good, bad = records
    assert (good.source, good.id, good.name, good.sequence, good.key, good.says) == (
        *("shop", "1", "x.y", "7", "k"),
        {"a": 1},
    )
    assert good.appended_at is not None
    assert (bad.source, bad.says) == ("", {})
    found = Found(Run(kafka, databases), await tables.read(databases), records)
    verdicts = judge(found, {})
    assert document(verdicts)["violations"] == []
    assert len(verdicts) == len(CHECKS) + 1


def test_sentence_when_there_is_no_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aftersales_checker", tmp_path], capture_output=True, text=True, check=False
    )
    sentence = f"There is no {tmp_path}/run.json. Name the folder that a fault run has written.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)


def test_sentence_when_a_database_is_not_there(tmp_path: Path) -> None:
    said: dict[str, Any] = {"bootstrap": "", "databases": {"dispute": f"postgresql://x@/x?host={tmp_path}"}}
    (tmp_path / "run.json").write_text(json.dumps(said))
    with pytest.raises(folder.CannotCheck, match="The database of dispute cannot be read"):
        asyncio.run(tables.read(folder.read(tmp_path).databases))


def test_line_cut_off_by_a_death_left_out(tmp_path: Path) -> None:
    file = tmp_path / "client.jsonl"
    file.write_text('{"op": 1}\n{"op": 2')
    assert folder.lines(file) == [{"op": 1}]
    assert folder.lines(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_can_still_be_planted(name: str) -> None:
    with undone():
        DEFECTS[name].plant()


def test_sentence_when_there_is_no_such_defect(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["faults-planted", "--only", "no-brakes"]) == 2
    assert capsys.readouterr().err.startswith("no-brakes is not a defect. There are no-inbox, no-fence, ")
