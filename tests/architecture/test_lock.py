"""The lock file installs the same bytes behind any index."""

import re
import tomllib

import pytest

from aftersales_local.places import ROOT

LINES = (ROOT / "requirements.lock").read_text().splitlines()
DEPLOYED = (ROOT / "deploy" / "local", ROOT / "deploy" / "checker")
MEMBERS = sorted([ROOT / "shared", *(ROOT / "services").iterdir(), *DEPLOYED])


def test_lock_names_no_address() -> None:
    assert [line for line in LINES if "://" in line or line.startswith("--")] == []


def test_lock_pins_every_package_by_hash() -> None:
    pins = [index for index, line in enumerate(LINES) if re.match(r"^[a-z0-9]", line)]
    assert [LINES[index] for index in pins if "==" not in LINES[index] or "--hash=" not in LINES[index + 1]] == []


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_lock_knows_every_dependency(member: object) -> None:
    declared = tomllib.loads((ROOT / str(member) / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[^a-z0-9-]", each)[0] for each in declared}
    locked = {line.split("==")[0] for line in LINES if "==" in line}
    ours = {"aftersales-shared", "aftersales-checker", *(each.name for each in MEMBERS)}
    assert names - locked - ours == set()
