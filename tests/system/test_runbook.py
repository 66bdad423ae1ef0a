"""Every command of the runbook runs as printed on a real stack, each cure in the situation that it is for."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from aftersales_local import postgres, state
from aftersales_local.places import ROOT
from tests.support.waiting import until
from tests.system.checkouts import copy_to

RUNBOOK: Final = (ROOT / "deploy" / "runbook.md").read_text()
SECTION: Final = re.compile(r"^#{1,3} (?P<name>.*)\n(?P<text>(?:(?!^#{1,3} ).*\n)*)", re.MULTILINE)
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAMPLES: Final = ROOT / "shared" / "aftersales" / "contracts" / "samples"
WITHIN: Final = 60.0


def blocks() -> dict[str, str]:
    """The commands of each section that has any; code blocks hold no headings."""
    found = {each["name"]: "".join(BLOCK.findall(each["text"])) for each in SECTION.finditer(RUNBOOK)}
    return {name: commands for name, commands in found.items() if commands}


BLOCKS: Final = blocks()


@dataclass
class Stack:
    """A stack in a checkout of its own; `shell` holds what the runbook's first block set."""

    folder: Path
    shell: dict[str, str]
    persons: list["subprocess.Popen[str]"] = field(default_factory=list)

    def run(self, commands: str, **told: str) -> str:
        """What the commands print; the test fails where one of them does not succeed."""
        done = subprocess.run(
            ["timeout", str(WITHIN), "bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={**self.shell, **told},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def written(self) -> state.Stack:
        found = state.read(self.folder / ".local")
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        return self.written().processes[name].pid

    def sql(self, statement: str, *arguments: object) -> Any:
        """The first value of a statement in dispute's database."""

        async def ask() -> Any:
            connection = await asyncpg.connect(self.written().databases["dispute"])
            try:
                return await connection.fetchval(statement, *arguments)
            finally:
                await connection.close()

        return asyncio.run(ask())

    def figure(self, name: str, of: str = "DISPUTE") -> float:
        """A metric of one service; -1 while it does not answer or does not show it."""
        try:
            with urlopen(f"{self.shell[of]}/metrics", timeout=2) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return -1
        return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), -1)

    def publish(self, kind: str, key: str, body: bytes) -> None:
        headers = {"ce_specversion": "1.0", "ce_id": f"{kind}/{key}", "ce_source": "runbook.example", "ce_type": kind}

        async def send() -> None:
            async with AIOKafkaProducer(bootstrap_servers=self.shell["KAFKA"]) as producer:
                written = [(name, value.encode()) for name, value in (*headers.items(), ("ce_time", AT))]
                await producer.send_and_wait("marketplace.orders", body, key=key.encode(), headers=written)

        asyncio.run(send())


AT: Final = "2025-05-06T09:00:00Z"
PLACED: Final = "marketplace.order_placed"


def order(name: str) -> bytes:
    sample = json.loads((SAMPLES / f"{PLACED}.v1" / "1.json").read_text())
    return json.dumps({**sample, "order": name}).encode()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    # Not pytest's own folder: another run of pytest shuts that to `nobody`, as whom Postgres runs.
    with TemporaryDirectory(prefix="aftersales-runbook-") as folder:
        yield from stack_in(copy_to(Path(folder)))


def stack_in(folder: Path) -> Iterator[Stack]:
    (folder / "build").mkdir()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("AFTERSALES_", "VIRTUAL_ENV"))
    }
    found = Stack(folder, {**inherited, "PATH": f"{postgres.PROGRAMS}:{inherited['PATH']}", "USER": "kim"})
    try:
        # What the first block leaves in the person's shell is what all others find there.
        said = found.run(BLOCKS["Runbook"] + "env -0 > build/shell")
        assert "dispute: http" in said
        shell = (folder / "build" / "shell").read_bytes().decode().split("\0")
        found.shell = dict(line.split("=", 1) for line in shell if line)
        [socket] = parse_qs(urlsplit(found.written().databases["dispute"]).query)["host"]
        found.shell |= {"PGHOST": socket}
        yield found
    finally:
        for person in found.persons:
            person.kill()
            person.communicate()
        subprocess.run(["make", "down"], cwd=folder, env=inherited, capture_output=True, check=False)


# -- each makes a situation, gives the words that its commands need, and says how it is seen to be over ---------------

Situation = Callable[[Stack], tuple[dict[str, str], Callable[[], object]]]


def killed(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    before = stack.pid("dispute")
    os.kill(before, signal.SIGKILL)
    return {}, lambda: stack.pid("dispute") != before


def at_another_log(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    where = "topic = 'marketplace.orders' and partition = 0"
    offset = stack.sql(f"select next_offset from consumer_fence where {where}")
    # Under another epoch, so that a batch in flight does not move it back.
    stack.sql(f"update consumer_fence set next_offset = 1000000, epoch = epoch + 1 where {where}")
    os.kill(stack.pid("dispute"), signal.SIGKILL)
    log = stack.folder / ".local" / "logs" / "dispute.log"
    until(lambda: "1000000 was to come" in log.read_text(), "dispute refuses the log", within=WITHIN)
    told = {"TOPIC": "marketplace.orders", "PARTITION": "0", "OFFSET": str(offset)}
    return told, lambda: stack.sql(f"select next_offset from consumer_fence where {where}") == offset


def standing_still(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    pid = stack.pid("dispute")
    os.kill(pid, signal.SIGSTOP)
    return {"PID": str(pid)}, lambda: stack.figure("aftersales_consumer_partitions") > 0


def unsent(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    stack.sql(
        "insert into outbox (id, event_id, topic, key, type, subject, headers, body, sent_at) values "
        "(1, gen_random_uuid(), 'notification.notices', 'O1', 'runbook', 'order/O1', '{}', '{}', clock_timestamp())"
    )
    sent = "select count(*) from outbox where sent_at is null"
    return {}, lambda: stack.sql(sent) == 0


def unreadable(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    stack.publish(f"{PLACED}.v1", "RUNBOOK-1", b"rubbish")
    waits = "select id from dead_letter where replayed_at is null"
    until(lambda: stack.sql(waits), "a dead letter", within=WITHIN)
    # As a version does that reads what an earlier one could not.
    stack.sql("update dead_letter set body = $1", order("RUNBOOK-1"))
    return {"NUMBER": str(stack.sql(waits))}, lambda: stack.sql(waits) is None


def of_a_later_version(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    stack.publish(f"{PLACED}.v2", "RUNBOOK-2", order("RUNBOOK-2"))
    until(lambda: stack.sql("select subject from parked"), "a parked subject", within=WITHIN)
    # As a version does that knows it.
    stack.sql("update parked_cause set type = $1", f"{PLACED}.v1")
    subject = stack.sql("select subject from parked")
    return {"SUBJECT": subject}, lambda: stack.sql("select subject from parked") is None


def tripped(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    stack.sql("update breaker set tripped_at = app_now(), reason = 'The database''s clock jumped by 90 s.'")
    until(lambda: stack.figure("aftersales_breaker_tripped") == 1, "the breaker is seen", within=WITHIN)
    return {}, lambda: stack.figure("aftersales_breaker_tripped") == 0


def left_open(stack: Stack) -> tuple[dict[str, str], Callable[[], object]]:
    """A person's psql that was left in the middle of a transaction."""
    psql = subprocess.Popen(
        ["psql", "-q", "-U", "postgres", "-d", "dispute"],
        env=stack.shell,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    stack.persons.append(psql)
    assert psql.stdin is not None
    psql.stdin.write("begin; select 1;\n")
    psql.stdin.flush()
    idle = "select pid from pg_stat_activity where state = 'idle in transaction' and application_name = 'psql'"
    until(lambda: stack.sql(idle), "an open transaction", within=WITHIN)
    return {"PID": str(stack.sql(idle))}, lambda: stack.sql(idle) is None


SITUATIONS: Final[dict[str, Situation]] = {
    "Down": killed,
    "EndsAgainAndAgain": at_another_log,
    "Lag": standing_still,
    "Unsent": unsent,
    "DeadLetters": unreadable,
    "Parked": of_a_later_version,
    "BreakerTripped": tripped,
    "VacuumHeldBack": left_open,
}


def test_every_alert_with_a_cure_of_its_own_has_a_situation() -> None:
    assert set(SITUATIONS) <= set(BLOCKS)


@pytest.mark.parametrize("section", [name for name in BLOCKS if name != "Runbook"])
def test_commands_work_as_printed_and_cure(section: str, stack: Stack) -> None:
    told, cured = SITUATIONS[section](stack) if section in SITUATIONS else ({}, lambda: True)
    stack.run(BLOCKS[section], **told)
    until(cured, f"{section} is over", within=WITHIN)


def test_every_duty_has_good_rounds(stack: Stack) -> None:
    for service, duties in (
        ("DISPUTE", ("units", "timers", "relay", "outages", "housekeeping")),
        ("NOTIFICATION", ("sending",)),
    ):
        for duty in duties:
            good = f'aftersales_duty_rounds_total{{duty="{duty}",outcome="ok"}}'
            until(lambda: stack.figure(good, service) > 0, f"{duty} goes well", within=WITHIN)  # noqa: B023 - at once
