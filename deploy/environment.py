"""Make the development environment `.venv` from requirements.lock, or the lock from the members' dependencies.

Plain Python of the machine, no dependency: it runs before there is an environment. `setup` is quick when nothing
changed, and leaves nothing half-made when interrupted: the environment is built under another name and then moved.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PLACE = ROOT / ".venv"
PARTIAL = ROOT / ".venv.partial"
OLD = ROOT / ".venv.old"
STAMP = "aftersales.stamp"
# What the image installs, as parts of the whole lock: it has no tests and no local stack in it.
IMAGE_LOCKS = ROOT / "deploy" / "locks"
IMAGE_PARTS = {"service": None, "build": "hatchling", "trial": "psutil"}
MEMBERS = (
    "shared",
    "services/order-tracking",
    "services/dispute",
    "services/arbitration",
    "services/notification",
    "deploy/local",
    "deploy/checker",
)
IN_THE_IMAGE = MEMBERS[:-2]


class CannotSetUp(Exception):
    """Its text is the sentence that the person at the terminal reads."""


def main(arguments: list) -> int:
    if sys.version_info < (3, 11):
        found = ".".join(map(str, sys.version_info[:3]))
        return refuse(f"Python 3.11 or newer is needed, this is {found}. Say make PYTHON=python3.12 setup")
    if arguments not in (["setup"], ["lock"]):
        return refuse("Say `setup` or `lock`.")
    try:
        with Path(__file__).open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)  # two terminals may both say `make test`
            setup() if arguments == ["setup"] else relock()
    except CannotSetUp as problem:
        return refuse(str(problem))
    except subprocess.CalledProcessError as problem:
        return refuse(f"Setting up stopped: `{' '.join(map(str, problem.cmd[:4]))} ...` failed; see above.")
    except KeyboardInterrupt:
        return refuse("Stopped. Nothing half-made is left; `make setup` starts again.", 130)
    finally:
        shutil.rmtree(PARTIAL, ignore_errors=True)
    return 0


def refuse(sentence: str, status: int = 2) -> int:
    print(sentence, file=sys.stderr)
    return status


def setup() -> None:
    wanted = stamp()
    bring_back_interrupted_move()
    if current(wanted):
        return
    print("Making the environment .venv from requirements.lock ...", flush=True)
    with Uv() as uv:
        shutil.rmtree(PARTIAL, ignore_errors=True)
        # Relocatable, because it is built here under another name and the scripts in it name their interpreter.
        run(uv, "venv", "--quiet", "--relocatable", "--no-project", "--python", sys.executable, PARTIAL)
        python = PARTIAL / "bin" / "python"
        run(uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK)
        editable = [word for member in MEMBERS for word in ("-e", ROOT / member)]
        run(uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--no-build-isolation", *editable)
    (PARTIAL / STAMP).write_text(wanted)
    if PLACE.exists():
        PLACE.rename(OLD)
    PARTIAL.rename(PLACE)
    shutil.rmtree(OLD, ignore_errors=True)
    print("The environment is ready.", flush=True)


def stamp() -> str:
    """What the environment depends on: the lock, the members' declarations, where it stands, and by which Python."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}\n".encode())
    for path in (LOCK, *(ROOT / member / "pyproject.toml" for member in MEMBERS)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def current(wanted: str) -> bool:
    """Whether the environment is complete: the stamp is written last, and its Python may have been removed since."""
    written = PLACE / STAMP
    return written.is_file() and written.read_text() == wanted and (PLACE / "bin" / "python").exists()


def bring_back_interrupted_move() -> None:
    if OLD.exists() and not PLACE.exists():
        OLD.rename(PLACE)
    shutil.rmtree(OLD, ignore_errors=True)


def relock() -> None:
    """Write requirements.lock anew; versions that still fit are kept, `rm requirements.lock` first takes the newest."""
    names = [word for member in MEMBERS for word in ("--no-emit-package", member_name(member))]
    groups = ["--group", f"{ROOT}/pyproject.toml:dev", "--group", f"{ROOT}/pyproject.toml:build"]
    # No index address in it, so that it installs from whatever index a machine is set to.
    silent = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    with Uv() as uv:
        flags = ["--universal", "--python-version", "3.11", "--generate-hashes", *silent, *names]
        run(uv, "pip", "compile", *flags, *groups, "-o", LOCK, ROOT / "deploy" / "local" / "pyproject.toml")
        IMAGE_LOCKS.mkdir(exist_ok=True)
        for part, package in IMAGE_PARTS.items():
            wanted = [ROOT / member / "pyproject.toml" for member in IN_THE_IMAGE] if package is None else ["-"]
            run(uv, "pip", "compile", *flags, "-c", LOCK, "-o", IMAGE_LOCKS / f"{part}.lock", *wanted, said=package)


def member_name(member: str) -> str:
    named = {"shared": "shared", "deploy/local": "local", "deploy/checker": "checker"}
    return f"aftersales-{named[member]}" if member in named else member.removeprefix("services/")


class Uv:
    """The path of uv: the machine's, or the environment's own, or the locked one in a folder that is removed again."""

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix="aftersales-uv-"))
        found = shutil.which("uv") or shutil.which("uv", path=str(PLACE / "bin"))
        return Path(found) if found else self.fetched()

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def fetched(self) -> Path:
        wanted = self.folder / "uv.lock"
        wanted.write_text(locked("uv"))
        place = self.folder / "uv"
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            run(sys.executable, *pip, "--target", place, "-r", wanted)
            return place / "bin" / "uv"
        made = subprocess.run([sys.executable, "-m", "venv", str(place)], capture_output=True, check=False)
        if made.returncode != 0:
            raise CannotSetUp(
                "This Python has neither pip nor the means to make an environment. Install one of them, on Debian and"
                " Ubuntu with `apt-get install python3-venv`, or put `uv` on the path, then run `make setup` again."
            )
        run(place / "bin" / "python", *pip, "-r", wanted)
        return place / "bin" / "uv"


def locked(name: str) -> str:
    """The lock's entry of one package: its line and the hashes under it."""
    taken, inside = [], False
    for line in LOCK.read_text().splitlines():
        inside = line.startswith(f"{name}==") or (inside and line.startswith(" "))
        if inside:
            taken.append(line)
    if not taken:
        raise CannotSetUp(f"requirements.lock does not name {name}. Take the lock from the repository again.")
    return "\n".join(taken) + "\n"


def run(*command: object, said=None) -> None:
    # uv's own settings of this machine must not say where the packages go; where they come from they may.
    environment = {
        key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "UV_PROJECT", "PYTHONHOME")
    }
    environment["PIP_ROOT_USER_ACTION"] = "ignore"
    words = [str(word) for word in command]
    subprocess.run(words, check=True, env=environment, cwd=ROOT, input=said, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
