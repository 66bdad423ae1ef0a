"""The development issuer: signs bearer tokens for the local stack and publishes its public keys.

Its key lies in a folder (`.local/keys`), so that tokens outlive a restart and `aftersales token` needs no server.
Whoever can read that folder can be anybody: it is for one's own machine, and it refuses to run in production.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from joserfc import jwt
from joserfc.jwk import ECKey

from aftersales.errors import Failure
from aftersales.identity import Role
from aftersales_local import state
from aftersales_local.places import HOME

ALGORITHM: Final = "ES256"
KEY_FILE: Final = "issuer.json"
PATH: Final = "/.well-known/jwks.json"
HOST: Final = "127.0.0.1"
PORT: Final = 8105
AUDIENCE: Final = "aftersales"
LONGEST_MINUTES: Final = 24 * 60


def token(
    role: str,
    sub: str,
    minutes: int = 10,
    *,
    keys: Path = HOME / "keys",
    issuer: str | None = None,
    audience: str | None = None,
) -> str:
    """A signed token; Failure in production, for an unknown role, or when it would be good for longer than a day.

    issuer, audience: None takes AFTERSALES_TOKEN_ISSUER and AFTERSALES_TOKEN_AUDIENCE, else the stack's, or a default.
    """
    not_in_production()
    if role not in [each.value for each in Role]:
        raise Failure(f"{role} is not a role. Roles are {', '.join(Role)}.")
    if not 0 < minutes <= LONGEST_MINUTES:
        raise Failure(f"A token is good for 1 to {LONGEST_MINUTES} minutes.")
    now = int(time.time())
    claims = {
        "iss": issuer or issuer_name(keys.parent),
        "aud": audience or os.environ.get("AFTERSALES_TOKEN_AUDIENCE") or AUDIENCE,
        "sub": sub,
        "role": role,
        "iat": now,
        "nbf": now,
        "exp": now + minutes * 60,
    }
    key = signing_key(keys)
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": key.thumbprint()}, claims, key, algorithms=[ALGORITHM])


def issuer_name(home: Path) -> str:
    named = os.environ.get("AFTERSALES_TOKEN_ISSUER")
    stack = None if named else state.read(home)
    return named or (stack.issuer if stack is not None else "") or f"http://{HOST}:{PORT}"


def signing_key(folder: Path) -> ECKey:
    """The key of this folder, made when there is none; readable for its owner alone."""
    file = folder / KEY_FILE
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f"{KEY_FILE}.{os.getpid()}.{threading.get_ident()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(ECKey.generate_key("P-256").as_dict(private=True), out)
        # A link fails where the name is taken: of two that make a key at one moment the first one's stays.
        try:
            file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return ECKey.import_key(json.loads(file.read_text()))


def public_keys(folder: Path) -> bytes:
    key = signing_key(folder)
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
    return json.dumps({"keys": [public]}).encode()


def not_in_production() -> None:
    if os.environ.get("AFTERSALES_MODE", "local") != "local":
        raise Failure("AFTERSALES_MODE=production refuses the development issuer. Take tokens from your own issuer.")


def server(folder: Path, host: str, port: int) -> ThreadingHTTPServer:
    """A server of the public keys, bound and not yet running; Failure when the port is taken."""
    document = public_keys(folder)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            found = self.path == PATH
            body = document if found else b"{}"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
            """Asked every few seconds; nothing worth a line."""

    try:
        return ThreadingHTTPServer((host, port), Handler)
    except OSError as problem:
        raise Failure(
            f"Nothing can listen on {host}:{port} ({problem.strerror}). Set AFTERSALES_HTTP_PORT."
        ) from problem


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m aftersales_local.issuer", description=__doc__)
    parser.add_argument("--keys", type=Path, default=HOME / "keys", help="the folder of the key")
    folder = parser.parse_args(arguments).keys
    try:
        not_in_production()
        host = os.environ.get("AFTERSALES_HTTP_HOST", HOST)
        running = server(folder, host, int(os.environ.get("AFTERSALES_HTTP_PORT", PORT)))
    except Failure as problem:
        print(problem.sentence, file=sys.stderr)
        return problem.exit_code
    print(f"Public keys at http://{host}:{running.server_port}{PATH}", flush=True)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        running.server_close()
    return 0


def token_command(
    role: Annotated[Role, typer.Option(help="buyer, seller, agent, supervisor or service.")],
    sub: Annotated[str, typer.Option(help="Who: the party's id, or the agent's name.")],
    minutes: Annotated[int, typer.Option(help="How long it is good for.")] = 10,
    home: Annotated[Path, typer.Option(help="The stack's folder, which has the key.")] = HOME,
) -> None:
    """Print a development token for the local stack."""
    print(token(role.value, sub, minutes, keys=state.meant(home) / "keys"))


if __name__ == "__main__":
    sys.exit(main())
