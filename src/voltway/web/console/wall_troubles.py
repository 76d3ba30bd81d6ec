"""What is wrong now, as the live wall shows it: everything that is open, worst first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from voltway.helpdesk.model import ReportKind
from voltway.runtime.work import Row, Work
from voltway.tariffs import lawful
from voltway.tariffs.rules_afir import NotAllowed
from voltway.web.console import troubles as alarms
from voltway.web.formats import Formats
from voltway.web.states import PortState


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person must look at."""

    severity: str  # critical, high, watch
    glyph: str
    title: str
    where: str
    detail: str
    since: datetime | None
    at: str


async def troubles(
    work: Work, ports: Sequence[tuple[Row, PortState]], formats: Formats, *, sees_money: bool
) -> list[Trouble]:
    """Everything that is open, worst first."""
    found = _of_ports(ports, formats)
    if sees_money:
        found += await _of_money(work, formats)
    found += await _of_orders(work)
    found += await _of_reports(work)
    found += await _of_deliveries(work)
    found += await _of_prices(work)
    order = ("critical", "high", "watch")
    oldest = work.now
    return sorted(found, key=lambda each: (order.index(each.severity), each.since or oldest))


def _of_ports(ports: Sequence[tuple[Row, PortState]], formats: Formats) -> list[Trouble]:
    found = [
        Trouble(
            "critical",
            "faulted",
            f"{_fault(row['error'])}, Bay {row['number']}",
            row["location_name"],
            "The station reports it. Try a reset; if it comes back, send somebody.",
            row["status_at"],
            f"/console/stations/{row['station_id']}",
        )
        for row, state in ports
        if state.glyph == "faulted"
    ]
    for station, group in groupby(ports, key=lambda port: port[0]["station_id"]):
        here = list(group)
        row, state = here[0]
        if state.glyph not in ("offline", "unknown"):
            continue
        is_new = state.heard_at is None
        found.append(
            Trouble(
                "watch" if is_new or state.glyph == "unknown" else "critical",
                state.glyph,
                "Never connected" if is_new else f"Station {state.word.lower()}, {len(here)} ports",
                row["location_name"],
                "" if is_new else "Running sessions go on and are billed when it is back.",
                state.heard_at,
                f"/console/stations/{station}",
            )
        )
    return found


def _fault(code: str | None) -> str:
    """An error as people say it: ``Ground failure`` for ``GroundFailure``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code or "Fault").capitalize()


async def _of_money(work: Work, formats: Formats) -> list[Trouble]:
    found = [_alarm(each) for each in await alarms.shown(work, is_over=False, most=20)]
    rows = await work.all(
        """
        SELECT s.*, v.location_name FROM settlement_view s
          LEFT JOIN session_view v ON v.id = s.session_id
         WHERE s.state IN ('resting', 'held') ORDER BY s.opened_at LIMIT 20
        """
    )
    return found + [
        Trouble(
            "high",
            "idle",
            "Bill held for review"
            if row["state"] == "held"
            else f"Bill rests at {row['next_step']}",
            row["location_name"] or "",
            (row["last_trouble"] or "")[:160],
            row["opened_at"],
            f"/console/sessions/{row['session_id']}",
        )
        for row in rows
    ]


def _alarm(alarm: alarms.Shown) -> Trouble:
    """What is told to those who may move money."""
    who = f"{alarm.taken_by} looks after it." if alarm.taken_by else "Nobody looks after it yet."
    return Trouble(
        "critical" if alarm.is_grave else "high",
        "faulted" if alarm.is_grave else "idle",
        alarm.title,
        "",
        f"{alarm.said[:160]} {who}",
        alarm.began_at,
        alarms.HERE,
    )


async def _of_reports(work: Work) -> list[Trouble]:
    """What drivers reported and nobody has answered."""
    rows = await work.all(
        """
        SELECT * FROM driver_report_view WHERE answered_at IS NULL ORDER BY created_at LIMIT 10
        """
    )
    return [
        Trouble(
            "high" if row["seen_at"] is None else "watch",
            "idle",
            f"A driver reports: {ReportKind(row['kind']).words.lower()}",
            row["location_name"] or "",
            row["words"][:160],
            row["created_at"],
            f"/console/reports/{row['id']}",
        )
        for row in rows
    ]


async def _of_deliveries(work: Work) -> list[Trouble]:
    """That something did not reach people within a day, and why the last of it did not."""
    row = await work.one(
        """
        SELECT count(*)::int AS n, min(created_at) AS since,
               (array_agg(last_trouble ORDER BY created_at DESC))[1] AS trouble
          FROM alert_view WHERE state = 'failed' AND created_at > $1
        """,
        work.now - timedelta(days=1),
    )
    if row is None or not row["n"]:
        return []
    one = row["n"] == 1
    return [
        Trouble(
            "watch",
            "idle",
            "A delivery failed" if one else f"{row['n']} deliveries failed",
            "",
            (row["trouble"] or "")[:160],
            row["since"],
            "/console/deliveries?show=failed",
        )
    ]


async def _of_orders(work: Work) -> list[Trouble]:
    rows = await work.all(
        """
        SELECT o.*, s.location_name FROM order_view o
          JOIN station_view s ON s.id = o.station_id
         WHERE o.state IN ('silent', 'without_effect') AND o.ended_at > $1
           AND o.kind IN ('StartCharging', 'StopCharging')
         ORDER BY o.ended_at DESC LIMIT 10
        """,
        work.now - timedelta(hours=2),
    )
    return [
        Trouble(
            "high",
            "idle",
            ("Start" if row["kind"] == "StartCharging" else "Stop")
            + (" got no answer" if row["state"] == "silent" else " had no effect"),
            row["location_name"],
            (row["why"] or "")[:160],
            row["ended_at"],
            f"/console/stations/{row['station_id']}",
        )
        for row in rows
    ]


async def _of_prices(work: Work) -> list[Trouble]:
    """Prices that the law does not allow where they are: a place may come to one by itself."""
    assert work.party is not None, "a wall is of one party"
    found: dict[tuple[str, str], list[NotAllowed]] = {}
    for each in await lawful.found(work, work.party):
        found.setdefault((each.bay.at, each.tariff), []).append(each)
    return [
        Trouble(
            "high",
            "faulted",
            f"Price not allowed here: tariff {tariff}",
            where,
            f"{', '.join(each.bay.name for each in some[:3])}"
            f"{f' and {len(some) - 3} more' if len(some) > 3 else ''}. {' '.join(some[0].why)}",
            None,
            "/console/tariffs/where#law",
        )
        for (where, tariff), some in found.items()
    ]
