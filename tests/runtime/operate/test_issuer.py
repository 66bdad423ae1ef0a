"""The development issuer signs for a developer's machine, and for nothing else."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from aftersales.errors import Failure
from aftersales.identity import Actor, Role
from aftersales.runtime.auth import Keys, Verifier, source_of
from aftersales_local import issuer


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    server = issuer.server(tmp_path, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_its_tokens_are_accepted_through_its_published_keys(address: str, tmp_path: Path) -> None:
    verifier = Verifier(Keys(source_of(f"{address}{issuer.PATH}")), issuer=address, audience="aftersales")
    token = issuer.token("agent", "kim", keys=tmp_path, issuer=address)
    assert await verifier.actor(token) == Actor(Role.AGENT, "kim")


async def test_only_public_halves_are_published(address: str) -> None:
    async with httpx2.AsyncClient() as client:
        [key] = (await client.get(f"{address}{issuer.PATH}")).json()["keys"]
        assert (await client.get(f"{address}/issuer.json")).status_code == 404
    assert "d" not in key
    assert key["kty"] == "EC"


def test_the_key_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    first = issuer.signing_key(tmp_path / "keys")
    assert issuer.signing_key(tmp_path / "keys").thumbprint() == first.thumbprint()
    assert (tmp_path / "keys" / issuer.KEY_FILE).stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "keys").iterdir()] == [issuer.KEY_FILE]


@pytest.mark.parametrize(("role", "minutes"), [("admin", 10), ("agent", 0), ("agent", 100_000)])
def test_refused(tmp_path: Path, role: str, minutes: int) -> None:
    with pytest.raises(Failure):
        issuer.token(role, "kim", minutes, keys=tmp_path)


def test_production_refuses_it(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "aftersales_local.issuer", "--keys", str(tmp_path)],
        env={**os.environ, "AFTERSALES_MODE": "production"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr == (
        "AFTERSALES_MODE=production refuses the development issuer. Take tokens from your own issuer.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_production_refuses_its_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERSALES_MODE", "production")
    with pytest.raises(Failure, match="AFTERSALES_MODE=production"):
        issuer.token("agent", "kim", keys=tmp_path)


async def test_a_taken_port_is_said(address: str, tmp_path: Path) -> None:
    port = int(address.rpartition(":")[2])
    with pytest.raises(Failure, match=f"127.0.0.1:{port}"):
        issuer.server(tmp_path, "127.0.0.1", port)
