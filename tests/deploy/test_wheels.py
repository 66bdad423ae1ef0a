"""What is installed into the image is whole: migrations, policies and contracts travel in the wheels."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aftersales_local.places import ROOT

MEMBERS = {
    "shared": "aftersales",
    "services/order-tracking": "order_tracking",
    "services/dispute": "dispute",
    "services/arbitration": "arbitration",
    "services/notification": "notification",
    "deploy/local": "aftersales_local",
}


@pytest.mark.parametrize("member", MEMBERS)
def test_wheel_holds_every_file_of_its_package(member: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT / member,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    folder = ROOT / member / MEMBERS[member]
    there = {
        str(path.relative_to(ROOT / member))
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == there
