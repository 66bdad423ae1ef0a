"""Policy files: TOML in, a typed `Policy` out, or one sentence that names the place.

A file has the keys `name` and `version`; `profile`, the shipped policy it starts from ("none": it names everything
itself); `effective_from`, from when on it judges new orders; `[with]` from parameter to value; `[[overrides]]`.
The shipped files in `profiles/` show the form.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import orjson

from aftersales.errors import Failure
from aftersales.policy.book import PolicyBook
from aftersales.policy.changes import Misplaced, fields_of, named_in, read_over
from aftersales.policy.model import Override, Policy
from aftersales.policy.overrides import instant, override
from aftersales.policy.parameters import PARAMETERS, written
from aftersales.policy.places import line_of, lines
from aftersales.policy.readers import shown

STANDARD: Final = "standard"
PROFILES: Final = (STANDARD, "classic", "seven_day")
NO_PROFILE: Final = "none"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FILE_KEYS: Final = ("name", "version", "profile", "effective_from", "with", "overrides")
HIGHEST_VERSION: Final = 10**15  # above it are slips, and numbers that nothing writes out again
POLICY_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)


def parse(text: str, where: str) -> Policy:
    """The policy of a file; `where` names the file in sentences. Raises Failure with the place of what is wrong."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Failure(f"{where}: this is no TOML: {error}.") from None
    except ValueError:
        raise Failure(f"{where}: this holds a number with more digits than can be read.") from None
    except RecursionError:
        raise Failure(f"{where}: this is nested too deeply.") from None
    try:
        return _policy(tree)
    except Misplaced as wrong:
        line = line_of(lines(text), wrong.path)
        place = "" if line is None else f", line {line}"
        raise Failure(f"{where}: {wrong.named}: {wrong.problem}{place}.") from None


def policy_of(said: str) -> Policy:
    """A shipped profile by its name, else the policy of a file; Failure with its place for what is wrong in it."""
    return _shipped(said) if said in PROFILES else _read(_file(said))


def origins(said: str) -> dict[str, str]:
    """Where each parameter's value comes from: a file's line, or the profile that it inherits; `said` is valid."""
    path = Path(said)
    text = _text(said) if said in PROFILES else _written_in(path)
    tree = tomllib.loads(text)
    profile = str(tree.get("profile", STANDARD))
    inherited = dict.fromkeys(PARAMETERS, "") if profile == NO_PROFILE else origins(profile)
    if said in PROFILES:
        return inherited | dict.fromkeys(named_in(tree), f"profile {said}")
    places = lines(text)
    return inherited | {name: f"{path.name}, line {line_of(places, at)}" for name, at in named_in(tree).items()}


def _file(said: str) -> Path:
    path = Path(said)
    if not said:
        raise Failure(f"A policy's name is empty; name a file, or one of {', '.join(PROFILES)}.")
    if path.is_dir():
        raise Failure(f"{said}: this is a folder; name a policy file in it.")
    if not path.is_file():
        profiles = ", ".join(PROFILES)
        raise Failure(f"{said}: there is no such policy file, and no profile of that name; there are {profiles}.")
    return path


def load_book(folder: Path | None = None) -> PolicyBook:
    """All policies a process knows: the shipped profiles and every *.toml of `folder`.

    `standard` and the files of `folder` come into force by their `effective_from`; the other profiles only by name.
    """
    if folder is not None and not folder.is_dir():
        raise Failure(f"AFTERSALES_POLICY_DIR names {folder}, which is no folder; name one that holds policy files.")
    known = {_shipped(name).identity: _shipped(name) for name in PROFILES}
    standard = _shipped(STANDARD).identity
    in_force = [standard]
    for path in sorted(folder.glob("*.toml")) if folder else ():
        policy = _read(path)
        _keep(known, policy, path)
        in_force.append(policy.identity)
    return PolicyBook((known[identity] for identity in dict.fromkeys(in_force)), profiles=known.values())


def with_changes(
    policy: Policy, changes: Mapping[str, Any], overrides: Sequence[Mapping[str, Any]] = (), *, where: str = "policy"
) -> Policy:
    """`policy` with some parameters changed and calendar overrides added, as a story or a trial says them (JSON).

    Raises Failure with a sentence that names the place below `where`. The name and version stay; the identity differs
    by its hash where a value does.
    """
    try:
        fields = read_over(fields_of(policy), changes)
        return _finished(fields, policy.name, policy.version, policy.effective_from, policy.overrides, overrides)
    except Misplaced as wrong:
        raise Failure(f"{where}.{wrong.path}: {wrong.problem}.") from None


def values(policy: Policy) -> dict[str, Any]:
    """Every parameter by its dotted name, as a policy file writes it."""
    return {name: written(p, getattr(policy, p.field)) for name, p in PARAMETERS.items()}


def content_hash(policy: Policy) -> str:
    """SHA-256 of all values, however they were written; overrides are no part of a version (rulebook 8.23)."""
    return hashlib.sha256(orjson.dumps(values(policy), option=orjson.OPT_SORT_KEYS)).hexdigest()


@cache
def _shipped(name: str) -> Policy:
    return parse(_text(name), f"{name}.toml")


def _text(name: str) -> str:
    return (files("aftersales.policy") / "profiles" / f"{name}.toml").read_text(encoding="utf-8")


def _read(path: Path) -> Policy:
    try:
        return parse(_written_in(path), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The policy file {path} cannot be read: {error}.") from None


def _written_in(path: Path) -> str:
    # Editors of some systems begin a file with a byte order mark, which says nothing in UTF-8.
    return path.read_text(encoding="utf-8-sig")


def same_version(policy: Policy, others: Iterable[Policy]) -> Policy | None:
    """The one of the others that has the name and version of `policy`, whatever it says."""
    return next((p for p in others if (p.name, p.version) == (policy.name, policy.version)), None)


def _keep(known: dict[str, Policy], policy: Policy, path: Path) -> None:
    """Add a policy; the same values under the same name and version only bring their overrides along."""
    same = same_version(policy, known.values())
    if same is not None and same.identity != policy.identity:
        raise Failure(
            f"{path.name}: {policy.name} version {policy.version} is known with other values "
            f"({same.identity}); a version never changes, give this one a new number."
        )
    if same is not None:
        # A season may come in a file of its own, which need not repeat from when on its version is in force.
        since = max(same.effective_from, policy.effective_from)
        policy = replace(policy, effective_from=since, overrides=same.overrides + policy.overrides)
    known[policy.identity] = policy


def _policy(tree: Mapping[str, Any]) -> Policy:
    for key in tree:
        if key not in FILE_KEYS:
            raise Misplaced(key, f"is none of {', '.join(FILE_KEYS)}")
    changes, overrides = tree.get("with", {}), tree.get("overrides", [])
    if not isinstance(changes, Mapping):
        raise Misplaced("with", "is no table")
    if not isinstance(overrides, list):
        raise Misplaced("overrides", "is no list of tables; write [[overrides]]")
    since = instant(tree["effective_from"], "effective_from") if "effective_from" in tree else EPOCH
    fields = read_over(_inherited(tree.get("profile", STANDARD)), changes)
    return _finished(fields, _name(tree.get("name")), _version(tree.get("version")), since, (), overrides)


def _name(name: object) -> str:
    if not isinstance(name, str) or not POLICY_NAME.fullmatch(name):
        raise Misplaced("name", f'{shown(name)} is no name such as "spring-sale"')
    return name


def _version(version: object) -> int:
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= HIGHEST_VERSION:
        raise Misplaced("version", f"{shown(version)} is no version; they are counted 1, 2, 3")
    return version


def _inherited(profile: object) -> dict[str, Any]:
    """The fields a file starts from; none for a file that names everything itself."""
    if profile == NO_PROFILE:
        return {}
    if profile not in PROFILES:
        raise Misplaced("profile", f"{shown(profile)} is none of {', '.join(PROFILES)}")
    return fields_of(_shipped(str(profile)))


def _finished(
    fields: Mapping[str, Any],
    name: str,
    version: int,
    since: datetime,
    before: tuple[Override, ...],
    overrides: Sequence[Any],
) -> Policy:
    policy = Policy(name=name, version=version, content="", effective_from=since, **fields)
    added = tuple(override(policy, said, f"overrides[{i}]") for i, said in enumerate(overrides))
    return replace(policy, content=content_hash(policy), overrides=before + added)
