"""Whether a station can be reserved, by all that is known of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltway.stations.orders import Answered

_PROFILES: Final = "supportedfeatureprofiles"
_AVAILABLE: Final = "reservationctrlr.available"
_ENABLED: Final = "reservationctrlr.enabled"


def names(version: str) -> tuple[str, ...]:
    """What a station of this version is asked for: 1.6 §9.4 tells its profiles, 2.x whether the
    component of reservations is there and set to reserve."""
    if version == "1.6":
        return ("SupportedFeatureProfiles",)
    return ("ReservationCtrlr.Available", "ReservationCtrlr.Enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``variables`` by their names in small letters, and when the newest of them was told;
    ``tried`` is how the station answered the last reservation that was asked of it."""

    version: str
    variables: Mapping[str, str]
    told_at: datetime | None = None
    tried: Answered | None = None
    tried_at: datetime | None = None


def can_reserve(known: Evidence) -> bool | None:
    """``None`` where nobody knows: a station that does not tell its profiles may have this one
    (quirk K-004), and what it answers when it is tried says so."""
    said = _said(known)
    is_newer = known.tried_at is not None and (
        said is None or known.told_at is None or known.told_at < known.tried_at
    )
    if is_newer and known.tried is Answered.ACCEPTED:
        return True
    if is_newer and known.tried is Answered.NOT_SUPPORTED:
        return False
    return said


def _said(known: Evidence) -> bool | None:
    if known.version == "1.6":
        listed = [part.strip(" \t'\"").lower() for part in _of(known, _PROFILES).split(",")]
        return "reservation" in listed if any(listed) else None
    is_there, is_set = _of(known, _AVAILABLE), _of(known, _ENABLED)
    if "false" in (is_there, is_set):
        return False
    return True if "true" in (is_there, is_set) else None


def _of(known: Evidence, name: str) -> str:
    return known.variables.get(name, "").strip().lower()
