"""The vocabulary as a page a person reads."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from aftersales.contracts.asyncapi import (
    ENVELOPE,
    HEADERS,
    REQUIRED_HEADERS,
    document,
    events,
    key,
    own_doc,
    speaker,
    topics,
)
from aftersales.contracts.envelope import Amount, Country, Currency, Event, Id, Instant, Token

Schema = Mapping[str, Any]
REFERENCE: Final = "#/components/schemas/"

INTRODUCTION: Final = """\
# Events

Generated from `shared/aftersales/contracts` by `python -m aftersales.contracts.generate`; do not edit.

What marketplaces and carriers tell the services, and what the services say. `asyncapi.json` beside this page says the
same to tools; a JSON Schema and examples of every event are in `shared/aftersales/contracts/schemas` and `samples`.

- The body is one JSON object in UTF-8. Amounts are whole minor units, instants ISO 8601 with their zone.
- Contracts only grow. A new field is optional, a new meaning is a new event. Ignore fields that you do not know.
- Listeners drop repetitions: the same `ce_source` and `ce_id` is the same event, however often it comes.
"""


def page() -> str:
    """The page in Markdown."""
    schemas = document()["components"]["schemas"]
    sections = [INTRODUCTION, _headers(), _contents()]
    sections += [_topic(topic, said, schemas) for topic, said in topics().items()]
    sections.append(_parts(schemas))
    return "\n".join(sections)


def _headers() -> str:
    rows = [
        (f"`{name}`", "yes" if name in REQUIRED_HEADERS else "", header["description"])
        for name, header in HEADERS.items()
    ]
    return "## Headers\n\nCloudEvents 1.0 in Kafka's binary mode.\n\n" + _table(("header", "required", "meaning"), rows)


def _contents() -> str:
    rows = [
        (f"[`{topic}`](#{topic.replace('.', '')})", speaker(topic), key(topic), str(len(said)))
        for topic, said in topics().items()
    ]
    return "## Topics\n\n" + _table(("topic", "speaker", "key", "events"), rows)


def _topic(topic: str, said: Sequence[type[Event]], schemas: Schema) -> str:
    shared = _shared(said, schemas)
    lines = [f"## {topic}\n", f"Spoken by {speaker(topic)}, keyed by {key(topic)}.\n"]
    lines += [f"{doc}\n" for doc in _family_docs(said)]
    if shared:
        lines += ["Every event of this topic has:\n", _fields(schemas[said[0].__name__], shared)]
    for event in said:
        schema = schemas[event.__name__]
        own = [name for name in schema["properties"] if name not in shared]
        lines.append(f"### {event.TYPE}\n")
        lines += [f"{own_doc(event)}\n"] if own_doc(event) else []
        lines += [_fields(schema, own)] if own else []
    return "\n".join(lines)


def _shared(said: Sequence[type[Event]], schemas: Schema) -> list[str]:
    """The fields that all events of a topic have, where there is more than one event."""
    if len(said) == 1:
        return []
    properties = [schemas[event.__name__]["properties"] for event in said]
    return [name for name, field in properties[0].items() if all(other.get(name) == field for other in properties)]


def _family_docs(said: Sequence[type[Event]]) -> Iterator[str]:
    """What is said once for a family of events, by the class they share."""
    families = {base: None for event in said for base in event.__mro__[1:] if issubclass(base, Event)}
    yield from (own_doc(base) for base in families if base is not Event and not base.TYPE and own_doc(base))


def _parts(schemas: Schema) -> str:
    known = {event.__name__ for event in events()} | {ENVELOPE}
    lines = ["## Parts\n", "Objects inside events.\n"]
    for name in sorted(schemas.keys() - known):
        lines.append(f"### {name}\n")
        lines += [f"{schemas[name]['description']}\n"] if "description" in schemas[name] else []
        lines.append(_fields(schemas[name], list(schemas[name]["properties"])))
    return "\n".join(lines)


def _fields(schema: Schema, names: Sequence[str]) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _type(schema["properties"][name]), "yes" if name in required else "")
        for name in sorted(names, key=lambda name: name not in required)
    ]
    return _table(("field", "type", "required"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


@cache
def _named() -> tuple[tuple[str, Schema], ...]:
    listed: dict[str, Any] = {
        "id": Id,
        "token": Token,
        "currency": Currency,
        "country": Country,
        "instant": Instant,
        "amount": Amount,
    }
    return tuple((name, TypeAdapter(kind).json_schema()) for name, kind in listed.items())


def _type(schema: Schema) -> str:
    """The type of a field in a few words."""
    bare = {name: value for name, value in schema.items() if name != "default"}
    for name, known in _named():
        if bare == known:
            return name
    if "$ref" in bare:
        part = bare["$ref"].removeprefix(REFERENCE)
        return f"[{part}](#{part.lower()})"
    if "anyOf" in bare:
        return " or ".join(_type(one) for one in bare["anyOf"])
    if "enum" in bare:
        return ", ".join(f"`{value}`" for value in bare["enum"])
    return _plain_type(bare)


def _plain_type(schema: Schema) -> str:
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema['items'])}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return f"object of {_type(schema['additionalProperties'])}"
        case "object" if "patternProperties" in schema:
            return f"object of {_type(next(iter(schema['patternProperties'].values())))}"
        case "string":
            return f"text, at most {schema['maxLength']} characters" if "maxLength" in schema else "text"
        case "integer":
            return "whole number"
        case other:
            return str(other)
