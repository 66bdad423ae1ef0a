"""Where things are: the project's own files, and the folder in which a local stack keeps its state."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".local"
# The demo and live stories begin anew every time; they must not do so on the data of a stack that people use.
DEMO_HOME = HOME / "demo"
TOPICS = ROOT / "deploy" / "kafka" / "topics.toml"
KAFKA_POM = ROOT / "deploy" / "kafka" / "pom.xml"


def user_cache() -> Path:
    """The person's cache folder for this project; it survives a fresh clone."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aftersales"
