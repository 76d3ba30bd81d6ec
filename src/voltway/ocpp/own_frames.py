"""Frames as evidence of one session: its own alone, and without what names a person. Pure."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from voltway.kernel.errors import Kind, Refusal
from voltway.ocpp.hearing import calls_in, heard_again
from voltway.stations.model import KeptFrame
from voltway.stations.reports import HeardAgain

#: The members that hold what a driver shows: OCPP 1.6 §7.28 IdToken, 2.0.1 part 2 IdTokenType.
TOKENS: Final = ("idTag", "parentIdTag", "idToken", "additionalIdToken")

#: So much of a token is left, as on a receipt.
END: Final = 4

_TOKEN: Final = re.compile(
    r'("(?:' + "|".join(TOKENS) + r')"\s*:\s*")((?:[^"\\]|\\.)*)(")', re.DOTALL
)


@dataclass(eq=False)
class TokenNotHidden(Refusal):
    """A frame spells a token so that it cannot be hidden, so it is not given away."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class StationDoor:
    """What only this door knows of frames (``billing.proof.Door``)."""

    def hear(self, frames: Sequence[KeptFrame]) -> list[HeardAgain]:
        return heard_again(frames)

    def only(self, frames: Sequence[KeptFrame], calls: Collection[int]) -> list[KeptFrame]:
        """The frames of these calls, and the answers that gave a transaction its number."""
        wanted: list[KeptFrame] = []
        for index, (call, answer) in enumerate(calls_in(frames)):
            if index in calls:
                wanted.append(call)
                if answer is not None:
                    wanted.append(answer)
        return [frame for frame in frames if frame in wanted]

    def hidden(self, frame: KeptFrame) -> KeptFrame:
        """The frame with its tokens hidden but for their end. Raises ``TokenNotHidden``."""
        text = frame.text.decode()
        masked = _TOKEN.sub(lambda found: found[1] + mask(found[2]) + found[3], text)
        if any(mask(token) != token for token in _tokens(json.loads(masked))):
            raise TokenNotHidden
        return frame if masked == text else replace(frame, text=masked.encode())


def mask(token: str) -> str:
    """A token of which only the end is left. Hidden again, it is the same."""
    if "\\" in token:
        return "*" * END
    kept = token[-END:] if len(token) > END else ""
    return "*" * (len(token) - len(kept)) + kept


def _tokens(told: Any) -> Iterator[str]:
    """All that stands where a token may."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name in TOKENS and isinstance(value, str):
                yield value
            yield from _tokens(value)
    elif isinstance(told, list):
        for each in told:
            yield from _tokens(each)
