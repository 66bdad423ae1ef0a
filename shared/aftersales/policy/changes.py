"""Parameters as a file or a story names them, read over the values they inherit."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from aftersales.policy.model import Policy
from aftersales.policy.parameters import PARAMETERS
from aftersales.policy.readers import Wrong


class Misplaced(ValueError):
    """A problem, what it is about as a person names it, and where the file says it; the line is not known yet."""

    def __init__(self, named: str, problem: str, path: str | None = None) -> None:
        super().__init__(problem)
        self.named = named
        self.problem = problem
        self.path = named if path is None else path


def fields_of(policy: Policy) -> dict[str, Any]:
    """The parameters of a policy by the names of the model's fields."""
    return {p.field: getattr(policy, p.field) for p in PARAMETERS.values()}


def read_over(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The typed fields with what `changes` names read over them. Raises Misplaced, also where one is missing."""
    changed = dict(fields)
    for name, (value, path) in _gathered(changes).items():
        parameter = PARAMETERS[name]
        changed[parameter.field] = _read_value(name, value, changed.get(parameter.field), path)
    for name, parameter in PARAMETERS.items():
        if parameter.field not in changed:
            raise Misplaced(name, "is missing", "with")
    _agree(changed)
    return changed


def named_in(tree: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that a file names, each with the path at which it does (the last, where entries are apart)."""
    return {name: path for name, (_, path) in _gathered(tree.get("with", {})).items()}


def _agree(fields: Mapping[str, Any]) -> None:
    """What one parameter alone cannot tell."""
    begin, end = fields["escalate_manual_from"], fields["escalate_manual_to"]
    if begin is not None and end is not None and begin > end:
        raise Misplaced("escalate.manual_to", "comes before escalate.manual_from", "with.escalate.manual_to")


def _read_value(name: str, value: Any, so_far: Any, path: str) -> Any:
    try:
        return PARAMETERS[name].read(value, so_far)
    except Wrong as wrong:
        entry = f".{wrong.entry}" if wrong.entry else ""
        raise Misplaced(f"{name}{entry}", wrong.problem, f"{path}{entry}") from None


def _gathered(changes: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    """Parameter to (value, path); entries of a table that are named one by one are brought together."""
    found: dict[str, tuple[Any, str]] = {}
    for name, entry, said, path in _said(changes, ""):
        value = said if entry is None else {entry: said}
        whole = _together(name, found[name][0], value, path) if name in found else value
        found[name] = (whole, f"with.{name}")
    return found


def _together(name: str, before: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(before, Mapping) or not isinstance(value, Mapping) or before.keys() & value.keys():
        raise Misplaced(name, "is given twice", f"with.{path}")
    return {**before, **value}


def _said(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str | None, Any, str]]:
    """(parameter, entry or None, value, path) of everything in the tree, quoted dots and nested tables alike."""
    for key, value in tree.items():
        path = f"{prefix}{key}"
        owner, _, entry = path.rpartition(".")
        if path in PARAMETERS:
            yield path, None, value, path
        elif owner in PARAMETERS and PARAMETERS[owner].table:
            yield owner, entry, value, path
        elif isinstance(value, Mapping) and any(name.startswith(f"{path}.") for name in PARAMETERS):
            yield from _said(value, f"{path}.")
        else:
            raise _unknown(path, value)


def _unknown(path: str, value: Any) -> Misplaced:
    """Named in full: the author of `seler.response` thinks of it as one name, not as a table `seler`."""
    name, inner = path, value
    while isinstance(inner, Mapping) and inner:
        key, inner = next(iter(inner.items()))
        name = f"{name}.{key}"
    return Misplaced(name, f"no such parameter{nearest(name)}", f"with.{name}")


def nearest(name: str) -> str:
    """The end of a sentence about an unknown parameter."""
    near = get_close_matches(name, PARAMETERS, n=1, cutoff=0.0)[0]
    return f"; the nearest is {near}"
