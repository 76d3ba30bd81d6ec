"""Which key of a station's meters holds for an EVSE at a moment."""

from collections.abc import Iterable
from datetime import datetime

from voltway.evidence.model import MeterKey


def key_at(keys: Iterable[MeterKey], evse_number: int | None, at: datetime) -> MeterKey | None:
    """The key of this EVSE's own meter, else the one for the whole station. From its first moment,
    before its last; keys of one meter do not overlap."""
    held = [
        each
        for each in keys
        if each.holds_from <= at and (each.holds_until is None or at < each.holds_until)
    ]
    own = [each for each in held if each.evse_number is not None]
    for each in own:
        if each.evse_number == evse_number:
            return each
    return next((each for each in held if each.evse_number is None), None)
