"""With what a stack is started, and how that travels to the process that owns it."""

import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Options:
    """simulated_from: first instant of the stepped clock, None for the real one. fresh: without last time's data."""

    simulated_from: datetime | None = None
    fresh: bool = False

    def written(self) -> str:
        instant = self.simulated_from
        return json.dumps({"simulated_from": instant and instant.isoformat(), "fresh": self.fresh})

    @classmethod
    def read(cls, text: str) -> "Options":
        values = json.loads(text)
        instant = values["simulated_from"]
        return cls(simulated_from=instant and datetime.fromisoformat(instant), fresh=values["fresh"])
