"""One example of every event, made from its schema: what is committed under `samples/` must parse for ever."""

from collections.abc import Mapping
from typing import Any, Final

# Field names that say what a good example is; any other field takes the simplest value its schema allows.
BY_NAME: Final[Mapping[str, Any]] = {
    "exact_price": "1999.5",
    "order": "O1",
    "dispute": "D1",
    "case": "C1",
    "parcel": "P1",
    "buyer": "anna",
    "seller": "shop",
    "recipient": "anna",
    "by": "anna",
    "party": "buyer",
    "agent": "kim",
    "second": "lee",
    "line": "L1",
    "sku": "mug",
    "units": {"L1": [1, 2]},
    "unit": 1,
    "quantity": 2,
    "unit_price": 1999,
    "charged_price": 1999,
    "net": 1849,
    "shipping": 250,
    "discount": 300,
    "tax": 0,
    "paid": 4198,
    "paid_left": 4198,
    "cap": 4198,
    "amount": 4198,
    "refund": 4198,
    "total": 4198,
    "compensation": 0,
    "freight": 0,
    "refunded": 0,
    "currency": "USD",
    "list_currency": "EUR",
    "deposit_currency": "USD",
    "rate": "1.0842",
    "destination": "US",
    "carrier": "EMS",
    "carrier_service": "EMS",
    "number": "EE123456785CN",
    "category": "kitchen",
    "promise_days": 27,
    "reason": "SNAD_DESCRIPTION",
    "silence": "escalated",
    "evidence": ["photo"],
    "buyer_evidence": ["photo"],
    "seller_evidence": ["brand_letter"],
    "words": "The cup is blue; the page showed a red one. 红色 👩‍🎨",
    "return_address": "shop returns, Dock 4, Yiwu, CN",
    "place": "Leipzig",
    "version": 1,
    "marketplace": "marketplace",
    "language": "en",
    "zone": "Europe/Berlin",
    "contact": "inbox:anna",
    "policy": "standard@1#5cf8b2b6",
    "rule": "R16",
    "task": "answer",
    "command": "marketplace.plan_accepted.v1",
    "slug": "late",
    "sentence": "The answer came at 2025-05-06 09:00:00 UTC; it was due before 2025-05-06 09:00:00 UTC.",
    "why": "The buyer cancelled the dispute.",
    "departed": "The photos show that the parcel was opened before.",
    "cause": "7d444840-9dc0-5d58-b4b8-2f6e1a1f1d1c",
    "step": "dispute.opened",
    "ruling": "R-1",
    "proposal": "P-1",
    "extension": "X-1",
    "of": "O2",
    "days": 10,
    "notice": "N-1",
    "instruction": "D1-refund-1",
    "decision": "A-1",
    "journal": "J-1",
    "kept_off": ["kim", "lee"],
    "placed_at": "2025-04-10T00:00:00Z",
    "shipped_at": "2025-04-12T00:00:00Z",
    "promise_ends_at": "2025-05-09T00:00:00Z",
    "attempted_at": "2025-04-27T15:00:00Z",
    "delivered_at": "2025-04-28T15:00:00Z",
    "scanned_at": "2025-04-28T15:00:00Z",
    "at": "2025-05-01T09:00:00Z",
    "opened_at": "2025-05-01T09:00:00Z",
    "frozen_at": "2025-05-01T09:00:00Z",
    "until": "2025-05-06T09:00:00Z",
    "deadline": "2025-05-06T09:00:00Z",
    "held_until": "2025-05-09T00:00:00Z",
}
TYPES: Final = {"string": str, "integer": int, "array": list, "object": dict}
INSTANT: Final = "2025-05-02T10:00:00Z"


def sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An example that names every field, optional ones too. `schema` is the event's own, with its `$defs`."""
    made: dict[str, Any] = _made("", schema, schema.get("$defs", {}))
    return made


def fields(example: Any, prefix: str = "") -> set[str]:
    """The dotted names of everything an example says; the entries of a list count as one."""
    if isinstance(example, list):
        return {name for entry in example for name in fields(entry, f"{prefix}[]")}
    if not isinstance(example, Mapping):
        return {prefix}
    return {prefix} | {name for key, value in example.items() for name in fields(value, f"{prefix}.{key}")}


def _made(name: str, schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _made(name, shared[schema["$ref"].rpartition("/")[2]], shared)
    if "anyOf" in schema:
        return _made(name, schema["anyOf"][0], shared)
    if "enum" in schema:
        return BY_NAME[name] if BY_NAME.get(name) in schema["enum"] else schema["enum"][0]
    if "properties" in schema:
        return {field: _made(field, inner, shared) for field, inner in schema["properties"].items()}
    if name in BY_NAME and TYPES.get(schema.get("type", "")) is type(BY_NAME[name]):
        return BY_NAME[name]
    return _simplest(name, schema, shared)


def _simplest(name: str, schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "array":
            return [_made(name.removesuffix("s"), schema["items"], shared)]
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "object":
            return {}
        case "string" if schema.get("format") == "date-time":
            return INSTANT
        case _:
            raise ValueError(f"no example is known for the field {name!r}: name one in {__name__}.BY_NAME")
