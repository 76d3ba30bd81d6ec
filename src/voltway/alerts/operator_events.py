"""What operators are told of their stations and bills, as it happens, when it lasts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from voltway.alerts import store_damping
from voltway.alerts.model_events import Event, Person
from voltway.alerts.telling import tell
from voltway.billing import formats
from voltway.billing.model import SettlementRested
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import MAY, Permission, Role
from voltway.runtime.work import Row, Work
from voltway.stations.model import (
    OrderEnded,
    PortStatusChanged,
    SecurityReported,
    StationConnected,
    StationLost,
)
from voltway.stations.orders import OrderState
from voltway.stations.reports import PortStatus

STATION_FACTS: Final = (
    StationLost,
    StationConnected,
    PortStatusChanged,
    OrderEnded,
    SecurityReported,
)
#: ``once`` for what is told one time of what it is about, whatever the moment.
FOR_GOOD: Final = ""

#: Of a bay in these nobody is told that its fault is over.
_NOT_WELL: Final = frozenset({PortStatus.FAULTED, PortStatus.UNKNOWN})
#: So many starts that came to nothing within an hour are worth a look.
STARTS_MANY: Final = 3
#: Security events of OCPP (2.0.1 part 2 appendices §1; 1.6 security whitepaper §8, of whose two
#: failed authentications a second spelling is common) that are told each for itself. What a vendor
#: added is told as one, so that a station which makes up names is not told again and again.
_ALARMING: Final = frozenset(
    {
        "FailedToAuthenticateAtCsms",
        "CsmsFailedToAuthenticate",
        "FailedToAuthenticationAtCentralSystem",
        "CentralSystemFailedToAuthentication",
        "FailedToAuthenticateAtCentralSystem",
        "CentralSystemFailedToAuthenticate",
        "SecurityLogWasCleared",
        "ReconfigurationOfSecurityParameters",
        "MemoryExhaustion",
        "InvalidMessages",
        "AttemptedReplayAttacks",
        "TamperDetectionActivated",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCsmsCertificate",
        "InvalidCentralSystemCertificate",
        "InvalidChargingStationCertificate",
        "InvalidChargePointCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
        "MaintenanceLoginFailed",
    }
)
#: Those that come with everyday work, and are told to nobody.
_ROUTINE: Final = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "MaintenanceLoginAccepted",
    }
)


async def hears_station(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who may do something about it that a station is lost, a port has a fault, or cars do not
    start there, and what it saw of attacks. The first two wait whether they last: ``still``; and
    that they are over is told to who was told."""
    await _back(work, facts)
    for fact in facts:
        if isinstance(fact, StationLost):
            await _lost(work, fact)
        elif isinstance(fact, PortStatusChanged) and fact.status is PortStatus.FAULTED:
            await _faulted(work, fact)
        elif isinstance(fact, OrderEnded) and fact.kind == "StartCharging":
            await _did_not_start(work, fact)
        elif isinstance(fact, SecurityReported) and fact.kind not in _ROUTINE:
            await _security(work, fact)


async def _lost(work: Work, fact: StationLost) -> None:
    row = await _station(work, fact.station)
    if row is None or row["connected"]:
        return
    shown = _shown(row) | {"when": _clock(fact.at, row)}
    about = f"station:{fact.station}"
    await tell_operators(work, fact, Permission.ORDER_STATION, Event.STATION_OFFLINE, about, shown)


async def _faulted(work: Work, fact: PortStatusChanged) -> None:
    row = await _station(work, fact.station)
    if row is None:
        return
    shown = _shown(row) | {"bay": await _bay(work, fact), "error": fact.error or "no code"}
    may = Permission.ORDER_STATION
    await tell_operators(work, fact, may, Event.PORT_FAULTED, _port(fact), shown)


async def _back(work: Work, facts: Sequence[Fact]) -> None:
    """Most that comes back was told to nobody: one question for all of them says which was."""
    here = {f"station:{each.station}": each for each in facts if isinstance(each, StationConnected)}
    over = {about: each.at for about, each in here.items()}
    for about in await store_damping.to_be_told_back(work, Event.STATION_OFFLINE, over):
        fact = here[about]
        if (row := await _station(work, fact.station)) is not None:
            shown = _shown(row) | {"when": _clock(fact.at, row)}
            may = Permission.ORDER_STATION
            await tell_operators(work, fact, may, Event.STATION_BACK, about, shown)
    well = {
        _port(each): each
        for each in facts
        if isinstance(each, PortStatusChanged) and each.status not in _NOT_WELL
    }
    over = {about: each.at for about, each in well.items()}
    for about in await store_damping.to_be_told_back(work, Event.PORT_FAULTED, over):
        of = well[about]
        if (row := await _station(work, of.station)) is not None:
            shown = _shown(row) | {"bay": await _bay(work, of), "when": _clock(of.at, row)}
            await tell_operators(work, of, Permission.ORDER_STATION, Event.PORT_CLEAR, about, shown)


def _port(fact: PortStatusChanged) -> str:
    return f"station:{fact.station}" if fact.evse is None else f"evse:{fact.evse}"


async def _bay(work: Work, fact: PortStatusChanged) -> str:
    """The number of the bay, as people read it; a dash for a whole station."""
    if fact.evse is None:
        return "-"
    found = await work.one("SELECT number FROM evse_view WHERE id = $1", fact.evse)
    return str(found["number"]) if found else "-"


async def _did_not_start(work: Work, fact: OrderEnded) -> None:
    if fact.state is OrderState.DONE:
        return
    row = await _station(work, fact.station)
    failed = await work.one(
        """
        SELECT count(*) AS n FROM order_view
         WHERE station_id = $1 AND kind = 'StartCharging' AND ended_at > $2::timestamptz
               - interval '1 hour' AND state NOT IN ('queued', 'sent', 'answered', 'done')
        """,
        fact.station,
        work.now,
    )
    if row is None or failed is None or failed["n"] < STARTS_MANY:
        return
    shown = _shown(row) | {"count": str(failed["n"])}
    about = f"station:{fact.station}"
    await tell_operators(work, fact, Permission.ORDER_STATION, Event.STARTS_FAIL, about, shown)


async def _security(work: Work, fact: SecurityReported) -> None:
    row = await _station(work, fact.station)
    if row is None:
        return
    said = f"{fact.kind} ({fact.said})" if fact.said else fact.kind
    which = fact.kind if fact.kind in _ALARMING else "other"
    about = f"station:{fact.station}:{which}"
    shown = _shown(row) | {"error": said[:160]}
    await tell_operators(work, fact, Permission.ORDER_STATION, Event.SECURITY, about, shown)


async def hears_rested(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who moves money that a bill rests until somebody looks."""
    for fact in facts:
        if not isinstance(fact, SettlementRested):
            continue
        row = await work.one(
            """
            SELECT s.session_id, s.last_trouble, v.location_name FROM settlement_view s
              LEFT JOIN session_view v ON v.id = s.session_id WHERE s.id = $1
            """,
            fact.settlement,
        )
        if row is None:
            continue
        shown = {
            "place": row["location_name"] or "-",
            "why": (row["last_trouble"] or "It waits for somebody to look.")[:160],
            "page": f"/console/sessions/{row['session_id']}",
        }
        about = f"settlement:{fact.settlement}"
        await tell_operators(work, fact, Permission.MOVE_MONEY, Event.BILL_RESTS, about, shown)


async def tell_operators(
    work: Work,
    fact: Fact,
    permission: Permission,
    event: Event,
    about: str,
    shown: dict[str, str],
    *,
    once: str | None = None,
) -> None:
    """Tell those who may do something about it and chose to be told: for each moment of the fact,
    or ``once`` for each thing that this names; ``FOR_GOOD``: for what it is about."""
    to = await operators_who(work, fact.party, permission)
    when = fact.at.isoformat() if once is None else once
    await tell(work, fact.party, to, event, about, shown, once=when)


async def operators_who(work: Work, party: PartyId, permission: Permission) -> list[Person]:
    return [
        Person(
            holder=each.email.lower(), email=each.email, locale="en", owns=each.role is Role.OWNER
        )
        for each in await parties.operators(work, party)
        if each.active and permission in MAY[each.role]
    ]


async def _station(work: Work, station: object) -> Row | None:
    return await work.one("SELECT * FROM station_view WHERE id = $1", station)


def _shown(row: Row) -> dict[str, str]:
    return {
        "station": row["identity"],
        "place": row["location_name"],
        "page": f"/console/stations/{row['id']}",
    }


def _clock(at: datetime, row: Row) -> str:
    there = formats.local(at.isoformat(), row["time_zone"])
    return formats.clock(there, formats.locale_for("en"))
