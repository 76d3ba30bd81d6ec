"""When a session counts as forgotten by its station, and what it then is.

A status is a hint (see design, stations, rule 9): "available", a boot, a long silence start a
timer. When it runs out, the session ends for the time being where its readings end. If the station
goes on telling of it, it goes on; when its own end comes, that takes the place.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from voltway.sessions.model import EndKind, Session, SessionState
from voltway.sessions.rules import FORGOTTEN_AFTER
from voltway.sessions.rules_start import PROVISIONAL_FOR

#: A connected station tells of a running session at least once in this time. Cars stand for days,
#: and there are stations that tell nothing of them until they leave.
SILENT_AFTER = timedelta(days=7)


__all__ = ["FORGOTTEN_AFTER", "SILENT_AFTER", "forgotten"]


def forgotten(session: Session, now: datetime) -> Session:
    """The session, ended for the time being where its readings end."""
    return replace(
        session,
        ended_at=max(session.last_at or session.started_at, session.started_at),
        end_method="forgotten",
        end_kind=EndKind.PROVISIONAL,
        reason="forgotten",
        state=SessionState.ENDING,
        power_w=None,
        settle_at=now + PROVISIONAL_FOR,
        forgotten_since=None,
    )
