"""How long and how often each thing is measured."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of each measurement, and how many turns the contestants take."""

    warmup_s: float = 3.0
    duration_s: float = 10.0
    rounds: int = 1
    profile: Path | None = None  # where the profile of the house under load is written
