"""How a listener hears an event: well formed first, then by its model."""

from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import ValidationError

from aftersales.contracts.asyncapi import events
from aftersales.contracts.envelope import Event

SAMPLES: Final = Path(__file__).parents[2] / "shared/aftersales/contracts/samples"
EVENTS: Final = {event.TYPE: event for event in events()}


def committed() -> list[Path]:
    """Every sample ever committed."""
    return sorted(SAMPLES.glob("*/*.json"))


def body(name: str, **differs: Any) -> dict[str, Any]:
    """The first sample of an event with some fields said otherwise."""
    said: dict[str, Any] = orjson.loads((SAMPLES / name / "1.json").read_bytes())
    return {**said, **differs}


def hear(name: str, said: dict[str, Any] | bytes) -> Event:
    """Raises ValueError for what is no JSON or not the event."""
    raw = said if isinstance(said, bytes) else orjson.dumps(said)
    orjson.loads(raw)
    return EVENTS[name].model_validate_json(raw)


def refused(name: str, said: dict[str, Any] | bytes) -> bool:
    try:
        hear(name, said)
    except (ValidationError, orjson.JSONDecodeError):
        return True
    return False
