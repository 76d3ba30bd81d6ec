"""A station that remembers which of its calls were answered, and that may misbehave as some do."""

import random
import uuid
from collections import deque
from typing import Any

from voltway_world.stations import Station
from voltway_world.stations.line import CALL, Line
from voltway_world.stations.post import Payload

OF_TRANSACTIONS = ("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")
OLD_ONES = 5


class Witness(Station):
    """``answered`` are the ids of its calls that it got a CALLRESULT for, in their order."""

    answered: list[str]
    doubles: float  # how often it says a thing twice, from 0 to 1
    doubled: int

    def bear_witness(self, dice: random.Random) -> None:
        self.answered = []
        self.doubles, self.doubled = 0.0, 0
        self._choice = dice
        self._told: deque[tuple[str, Payload]] = deque(maxlen=OLD_ONES)

    async def ask(self, line: Line, message_id: str, action: str, payload: Any) -> Payload:
        again = action in OF_TRANSACTIONS and self._choice.random() < self.doubles
        if again:
            self.doubled += 1
            self._say_again(line, message_id, action, payload)
        answer = await super().ask(line, message_id, action, payload)
        self.answered.append(message_id)
        if action in OF_TRANSACTIONS:
            self._told.append((action, payload))
        return answer

    def _say_again(self, line: Line, message_id: str, action: str, payload: Any) -> None:
        """The same call twice under its id; under another id; or one that was answered long ago.

        Nobody waits for the answer to what was said too much.
        """
        match self._choice.randrange(3):
            case 0:
                line.send([CALL, message_id, action, payload])
            case 1:
                line.send([CALL, str(uuid.uuid4()), action, payload])
            case _:
                old = self._choice.choice(self._told or [(action, payload)])
                line.send([CALL, str(uuid.uuid4()), *old])
