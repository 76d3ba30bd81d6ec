"""What each station will tell, for ever, as a function of the seed: so its bills are known.

Nothing here depends on how fast the house answers. A session's registers, and the times that its
station claims, are the same in a run full of faults and in an undisturbed one, and so is its price.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

#: Of the town: gross, in cents.
CENTS_A_KWH = 50
CENTS_A_HOUR = 3600

TARIFF = {
    "country_code": "FI",
    "party_id": "VLT",
    "id": "FAULTS",
    "currency": "EUR",
    "tax_included": "YES",
    "elements": [
        {
            "price_components": [
                {"type": "ENERGY", "price": 0.5, "vat": 25.5, "step_size": 1},
                {"type": "TIME", "price": 36, "vat": 25.5, "step_size": 1},
            ]
        }
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}

READINGS = range(2, 5)
#: Short, because a station that was silent tells a whole session in less time than it took.
STEP_S = range(1, 3)
STEP_WH = range(20, 250)
#: No two sessions of a station begin with the same register, so it names them.
BETWEEN_WH = 7


@dataclass(frozen=True, slots=True)
class Step:
    """What the meter shows so long after the session's begin."""

    after_s: int
    register_wh: int


@dataclass(frozen=True, slots=True)
class Script:
    """One session: the first step begins it, the last ends it, the others are readings."""

    nth: int
    steps: tuple[Step, ...]

    @property
    def begin(self) -> Step:
        return self.steps[0]

    @property
    def readings(self) -> tuple[Step, ...]:
        return self.steps[1:-1]

    @property
    def end(self) -> Step:
        return self.steps[-1]

    @property
    def energy_wh(self) -> int:
        return self.end.register_wh - self.begin.register_wh

    @property
    def cents(self) -> int:
        """Its price by arithmetic of our own, halves rounded up."""
        exact = Fraction(self.energy_wh * CENTS_A_KWH, 1000)
        exact += Fraction(self.end.after_s * CENTS_A_HOUR, 3600)
        return int(exact + Fraction(1, 2))


def scripts(seed: int, identity: str) -> Iterator[Script]:
    """The sessions of this station, one after the other, without end."""
    dice = random.Random(f"{seed} {identity}")
    register_wh = dice.randrange(1_000_000)
    nth = 0
    while True:
        steps = [Step(0, register_wh)]
        for _ in range(dice.choice(READINGS) + 1):
            after_s = steps[-1].after_s + dice.choice(STEP_S)
            register_wh += dice.choice(STEP_WH)
            steps.append(Step(after_s, register_wh))
        yield Script(nth, tuple(steps))
        register_wh += BETWEEN_WH
        nth += 1
