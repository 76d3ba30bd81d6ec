"""Whether what an alert tells is still so, when its moment has come."""

from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.alerts import still_back, still_many, still_troubles, still_waits, store_people
from voltway.alerts.driver_events import session_runs
from voltway.alerts.model import Alert
from voltway.alerts.model_events import RULES, Channel, Event
from voltway.alerts.still_out import WENT_ON
from voltway.alerts.still_theirs import THEIRS
from voltway.alerts.trying import is_try
from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions import faults, standing
from voltway.sessions.rules_full import went_on

#: Of a station and of a bay: whether what was told is still so, and since when.
_STATION: Final = {
    Event.STATION_OFFLINE: "NOT connected AS stands, disconnected_at AS since",
    Event.STATION_BACK: "connected AS stands, connected_at AS since",
    Event.PORT_FAULTED: "status = 'faulted' AS stands, status_at AS since",
    Event.PORT_CLEAR: "status NOT IN ('faulted', 'unknown') AS stands, status_at AS since",
}
_VIEWS: Final = {"station": "station_view", "evse": "evse_view"}


#: By which channels somebody may have been reached before this one.
_BEFORE: Final = {Channel.SMS: ["push"], Channel.MAIL: ["push", "sms"]}


async def why_not(work: Work, alert: Alert) -> str | None:
    """Why an alert is not told any more; ``None`` where it is. The reason is for operators."""
    if alert.too_late_at is not None and work.now > alert.too_late_at:
        return "It could not be told in time, and is of no use now."
    if why := await still_waits.why_not(work, alert):
        return why
    if alert.event is None:
        return None
    if is_try(alert):
        return None
    if RULES[alert.event].holds and await _since(work, alert) is None:
        return "It was over before it was told."
    if alert.event is Event.MANY:
        return await still_many.why_not(work, alert)
    if alert.event in still_back.BEGUN:
        return await still_back.why_not(work, alert)
    if alert.event in still_troubles.TOLD:
        return await still_troubles.why_not(work, alert)
    if alert.event in THEIRS:
        return await THEIRS[alert.event](work, alert)
    if alert.event in WENT_ON:
        return await WENT_ON[alert.event](work, alert) or await _read_already(work, alert)
    if alert.event in (Event.SOON_DONE, Event.DONE_MOVED, Event.POWER_REDUCED):
        session = SessionId(UUID(alert.about.partition(":")[2]))
        if not await session_runs(work, session):
            return "The charge was over before it was told."
    if alert.event in (Event.FEE_SOON, Event.FEE_BEGAN):
        session = SessionId(UUID(alert.about.partition(":")[2]))
        if not await standing.stands(work, session):
            return "The car charged again or was gone before it was told."
    if alert.event is Event.COMPLETE:
        return await _not_complete(work, alert) or await _read_already(work, alert)
    return await _read_already(work, alert)


async def _not_complete(work: Work, alert: Alert) -> str | None:
    """Why a charge is not told to be complete: a fault ended it, or a car that stood is gone on."""
    session, facts = SessionId(UUID(alert.about.partition(":")[2])), alert.facts or {}
    told_wh = facts.get("energy_wh")
    if told_wh is None:
        is_by_fault = bool(await faults.faulted(work, [session]))
        return "It was a fault that ended the charge." if is_by_fault else None
    found = await sessions.sessions_by_id(work, [session])
    if any(went_on(int(told_wh), each.energy_wh) for each in found):
        return "The car charged on before it was told."
    if facts.get("fee") and not await standing.stands(work, session):
        return "The car charged again or was gone before it was told."
    return None


async def _read_already(work: Work, alert: Alert) -> str | None:
    return "It was read already." if await _was_read(work, alert) else None


async def not_before(work: Work, alert: Alert) -> datetime | None:
    """From when on it has held for long enough, where it has not yet: it was over meanwhile, and
    began anew."""
    if alert.event is None or is_try(alert):
        return None
    holds = RULES[alert.event].holds
    since = await _since(work, alert) if holds else None
    return since + holds if since is not None and work.now < since + holds else None


async def _since(work: Work, alert: Alert) -> datetime | None:
    """Since when it is so; ``None`` where it is not so any more."""
    assert alert.event is not None
    kind, _, id = alert.about.partition(":")
    asked = f"SELECT {_STATION[alert.event]} FROM {_VIEWS[kind]} WHERE id = $1"
    found = await work.one(asked, UUID(id))
    if found is None or not found["stands"]:
        return None
    return found["since"] or alert.created_at


async def _was_read(work: Work, alert: Alert) -> bool:
    """Whether this is a text or a mail for who was not reached before, and they were: they read the
    push, for a phone in a bag shows it too, or the text arrived."""
    assert alert.event is not None
    assert alert.holder is not None
    if alert.channel not in _BEFORE or RULES[alert.event].unread_after is None:
        return False
    wishes = (await store_people.wishes(work, [alert.holder])).get(alert.holder)
    if wishes is not None and wishes.chosen.get((alert.event, alert.channel)):
        return False
    row = await work.one(
        """
        SELECT 1 AS is_read FROM alert
         WHERE holder = $1 AND event = $2 AND about = $3 AND created_at = $4
           AND channel = ANY($5::text[])
           AND CASE channel WHEN 'push' THEN read_at IS NOT NULL ELSE state = 'delivered' END
         LIMIT 1
        """,
        alert.holder,
        alert.event,
        alert.about,
        alert.created_at,
        _BEFORE[alert.channel],
    )
    return row is not None
