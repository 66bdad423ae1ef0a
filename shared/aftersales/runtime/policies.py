"""`aftersales policy check | show | diff`: what a policy file says, before anything is judged by it."""

import json
from typing import Annotated, Any

import typer

from aftersales.errors import Failure
from aftersales.explanation import instant
from aftersales.policy.model import Policy
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.parse import EPOCH, PROFILES, STANDARD, origins, policy_of, same_version, values
from aftersales.policy.words import Difference, differences, override_in_words, spoken
from aftersales.runtime.operate import AsJson

File = Annotated[str, typer.Argument(metavar="FILE", help="A policy file, or the name of a shipped profile.")]

commands = typer.Typer(name="policy", help="Policy files: check, show, diff.", no_args_is_help=True)


@commands.command()
def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Policy files.")], as_json: AsJson = False
) -> None:
    """Read policy files as a service would, all of them together; says what is wrong and on which line."""
    checked = [_checked(file) for file in files]
    good = [found for _, found in checked if isinstance(found, Policy)]
    wrong = [found for _, found in checked if isinstance(found, str)]
    wrong.extend(_clashes(good))
    if as_json:
        _print_json({"files": [_told(file, found) for file, found in checked], "fine": not wrong, "wrong": wrong})
    else:
        for file, found in checked:
            if isinstance(found, Policy):
                print(f"{file}: fine. {_summary(found)}")
    if wrong:
        raise Failure("" if as_json else "\n".join(wrong))


@commands.command()
def show(file: File, as_json: AsJson = False) -> None:
    """Every parameter with its value, and where that comes from."""
    policy = policy_of(file)
    where = origins(file)
    if as_json:
        said = {name: {"value": value, "from": where[name]} for name, value in values(policy).items()}
        _print_json({**_head(policy), "with": said, "overrides": [override_in_words(o) for o in policy.overrides]})
        return
    print(_summary(policy))
    width = max(map(len, PARAMETERS))
    for name, parameter in PARAMETERS.items():
        print(f"{name:<{width}}  {spoken(name, getattr(policy, parameter.field))}  ({where[name]})")
        print(f"{'':<{width}}    {parameter.words}")
    for override in policy.overrides:
        print(f"Override: {override_in_words(override)}.")


@commands.command()
def diff(
    file: File,
    other: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The newer one. One file alone is compared with standard.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What the second file sets differently from the first; what one alone sets differently from standard."""
    before, after = (policy_of(STANDARD), policy_of(file)) if other is None else (policy_of(file), policy_of(other))
    found = list(differences(before, after))
    gone = [override_in_words(o) for o in before.overrides if o not in after.overrides]
    new = [override_in_words(o) for o in after.overrides if o not in before.overrides]
    if as_json:
        sides = {"before": _head(before), "after": _head(after)}
        _print_json({**sides, "differs": [_row(one) for one in found], "overrides": {"gone": gone, "new": new}})
        return
    print(f"{after.identity} beside {before.identity}:")
    for one in found:
        print(f"{one.parameter}: {one.after}, was {one.before} ({one.about}).")
    for told in gone:
        print(f"No longer: {told}.")
    for told in new:
        print(f"New: {told}.")
    if not (found or gone or new):
        print("Nothing differs.")


def _checked(file: str) -> tuple[str, Policy | str]:
    try:
        return file, policy_of(file)
    except Failure as problem:
        return file, problem.sentence


def _clashes(policies: list[Policy]) -> list[str]:
    """What the files say against each other, or against what is shipped."""
    found: list[str] = []
    shipped = [policy_of(name) for name in PROFILES]
    for index, policy in enumerate(policies):
        other = same_version(policy, (*shipped, *policies[:index]))
        if other is not None and other.identity != policy.identity:
            found.append(
                f"{policy.name} version {policy.version} is there with two contents ({other.identity} and "
                f"{policy.identity}); a version never changes, give one of them a new number."
            )
    return found


def _summary(policy: Policy) -> str:
    since = "from the beginning" if policy.effective_from == EPOCH else f"from {instant(policy.effective_from)}"
    differs = sum(1 for _ in differences(policy_of(STANDARD), policy))
    return (
        f"{policy.identity} judges orders placed {since}. Parameters that differ from {STANDARD}: {differs}; "
        f"calendar overrides: {len(policy.overrides)}."
    )


def _told(file: str, found: Policy | str) -> dict[str, Any]:
    return {"file": file, **(_head(found) if isinstance(found, Policy) else {"wrong": found})}


def _head(policy: Policy) -> dict[str, Any]:
    return {"identity": policy.identity, "effective_from": policy.effective_from.isoformat()}


def _row(one: Difference) -> dict[str, str]:
    return {"parameter": one.parameter, "about": one.about, "before": one.before, "after": one.after}


def _print_json(said: Any) -> None:
    print(json.dumps(said, ensure_ascii=False))
