"""What becomes of stations' reports: the hot path, whole batches at a time."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, StationId, new_id
from voltway.runtime.work import Work
from voltway.stations import actions_effects, clock, rules, store_network, store_reports
from voltway.stations.model import (
    PortStatusChanged,
    ReservationLetGo,
    SecurityReported,
    StationBooted,
)
from voltway.stations.reports import (
    Alive,
    Booted,
    Decision,
    Ended,
    EventNotified,
    Heard,
    Metered,
    Other,
    ReservationOver,
    Started,
    StatusChanged,
    VariablesReported,
    VendorData,
)

_OF_SESSIONS = frozenset({Metered, Started, Ended})
_SECURITY = "SecurityEventNotification"

#: A station keeps no more than so much of one value.
VALUE_CHARACTERS_MAX = 2_500


async def record_reports(
    work: Work,
    heard: Sequence[Heard],
    *,
    alive: Sequence[StationId] | None = None,
    waiting: Container[StationId] | None = None,
    interval_s: int = 300,
    fleet: int = 0,
    corrected: set[StationId] | None = None,
) -> dict[int, Decision]:
    """Take in what stations say of themselves; decisions for those reports that are owed one.

    ``alive`` names the stations whose last sign of life is to be kept now (``None``: all), and
    ``waiting`` those for which an order may wait for an effect (``None``: any may). Both let the
    gateway, who knows, save the database work. ``fleet`` is how many stations are connected, and
    ``corrected`` takes those of whose clock something was learned.
    """
    due = None if alive is None else frozenset(alive)
    living = [call for call in heard if due is None or call.station in due]
    if living:
        store_reports.keep_heard(work, [(call.station, call.received_at) for call in living])

    told = _by_kind(heard)
    decisions = await _boots(work, told, interval_s, fleet)
    decisions |= _vendor_data(told)
    learned = await _statuses(work, told)
    if corrected is not None:
        corrected |= learned
    await _details(work, told)
    await _deviations(work, heard)

    concerned = [call for call in heard if waiting is None or call.station in waiting]
    if concerned:
        await actions_effects.find_effects(work, concerned)
    return decisions


_Told = Mapping[type, Sequence[tuple[Heard, Any]]]


def _by_kind(heard: Sequence[Heard]) -> _Told:
    """The reports of stations with their calls, by what they tell. Those of sessions, which are
    nearly all, are for the room above."""
    told: dict[type, list[tuple[Heard, Any]]] = {}
    for call in heard:
        for report in call.reports:
            kind = type(report)
            if kind not in _OF_SESSIONS:
                told.setdefault(kind, []).append((call, report))
    return told


async def _boots(work: Work, told: _Told, interval_s: int, fleet: int) -> dict[int, Decision]:
    boots: Sequence[tuple[Heard, Booted]] = told.get(Booted, ())
    decisions = {call.index: Decision(interval_s=interval_s) for call, _ in told.get(Alive, ())}
    if not boots:
        return decisions

    parties = await store_reports.keep_boots(
        work, [(call.station, call.received_at, boot) for call, boot in boots]
    )

    for call, boot in boots:
        party = parties.get(call.station)
        registered = "rejected" if party is None else "accepted"
        decisions[call.index] = Decision(
            registered=registered, interval_s=rules.heartbeat_s(interval_s, fleet, call.station)
        )
        if party is None:
            continue
        work.touch(f"wall:{party}")
        await work.announce(
            [
                StationBooted(
                    party=party,
                    at=call.received_at,
                    station=call.station,
                    vendor=boot.vendor,
                    model=boot.model,
                    firmware=boot.firmware,
                    reason=boot.reason,
                )
            ]
        )
    return decisions


def _vendor_data(told: _Told) -> dict[int, Decision]:
    """No vendor's data moves anything with us yet, and the answer says so."""
    return {
        call.index: Decision(vendor_data="unknown_vendor") for call, _ in told.get(VendorData, ())
    }


async def _statuses(work: Work, reported: _Told) -> set[StationId]:
    """Move what is shown; the stations of whose clocks something was learned."""
    told: list[tuple[Heard, StatusChanged]] = [
        (call, report) for call, report in reported.get(StatusChanged, ()) if report.evse >= 0
    ]
    if not told:
        return set()
    stations = await store_reports.clocks(work, {call.station for call, _ in told})
    ports = await _ports(
        work,
        {
            (call.station, report.evse)
            for call, report in told
            if report.evse > 0 and call.station in stations
        },
    )

    learned: dict[StationId, clock.ClockModel] = {}
    facts: list[Fact] = []
    for call, report in told:
        if call.station not in stations:
            continue
        whole, known = stations[call.station]
        port = ports.get((call.station, report.evse)) if report.evse else whole
        if port is None:
            continue
        model = clock.learn(learned.get(call.station, known), report.at, call.received_at)
        if model != known:
            learned[call.station] = model
        facts += _take_status(port, report, call.received_at, model.offset_s)
        work.touch(f"station:{port.station}", f"wall:{port.party}")
        if port.evse is not None:
            work.touch(f"evse:{port.evse}")

    await store_reports.save_clocks(work, learned)
    await store_reports.save_ports(work, [port for port in ports.values() if port.changed])
    await store_reports.save_wholes(
        work, [whole for whole, _ in stations.values() if whole.changed]
    )
    await work.announce(facts)
    return set(learned)


async def _ports(
    work: Work, wanted: set[tuple[StationId, int]]
) -> dict[tuple[StationId, int], store_reports.Port]:
    """The EVSEs that stations told of; those that nobody added are added as unplanned."""
    if not wanted:
        return {}
    ports = await store_reports.ports(work, wanted)
    unknown = [pair for pair in wanted if pair not in ports and pair[1] <= rules.EVSE_NUMBER_MAX]
    if not unknown:
        return ports
    await store_network.add_unplanned_evses(
        work, [(EvseId(new_id(work.now)), station, number) for station, number in unknown]
    )
    return await store_reports.ports(work, wanted)


def _take_status(
    port: store_reports.Port, report: StatusChanged, received: datetime, offset_s: int
) -> list[Fact]:
    """Move the shown state, if the report is newer; a fact if that changed it."""
    if not clock.is_news(report.at, received, offset_s, port.claimed_at):
        return []
    at, _ = clock.corrected(report.at, received, offset_s)
    is_change = report.status is not port.status
    port.status, port.at, port.claimed_at = report.status, at, report.at
    port.error = store_reports.error_of(report)
    port.changed = True
    if not is_change:
        return []
    return [
        PortStatusChanged(
            party=port.party,
            at=at,
            station=port.station,
            evse=port.evse,
            status=port.status,
            error=port.error,
        )
    ]


async def _details(work: Work, told: _Told) -> None:
    """Variables and events: kept and shown; of security events people are told."""
    variables = [
        (call.station, one, call.received_at)
        for call, report in told.get(VariablesReported, ())
        for one in report.variables
    ]
    if variables:
        await store_reports.keep_variables(work, variables)
    events = [
        (call.station, call.received_at, call.action, _body(report))
        for kind in (EventNotified, ReservationOver, VendorData, Other)
        for call, report in told.get(kind, ())
    ]
    if events:
        parties = await store_reports.keep_events(work, events)
        await work.announce(
            [
                SecurityReported(
                    party=parties[call.station],
                    at=call.received_at,
                    station=call.station,
                    kind=report.summary["type"],
                    said=report.summary.get("tech_info") or None,
                )
                for call, report in told.get(Other, ())
                if call.action == _SECURITY
                and call.station in parties
                and report.summary.get("type")
            ]
        )
        await work.announce(
            [
                ReservationLetGo(
                    party=parties[call.station],
                    at=call.received_at,
                    station=call.station,
                    reservation=report.reservation,
                    why=report.why[:50],
                )
                for call, report in told.get(ReservationOver, ())
                if call.station in parties
            ]
        )


def _body(report: EventNotified | ReservationOver | VendorData | Other) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | None) else _short(value)
        for name, value in asdict(report).items()
    }


def _short(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _short(each) for key, each in value.items()}
    return str(value)[:VALUE_CHARACTERS_MAX]


async def _deviations(work: Work, heard: Sequence[Heard]) -> None:
    counted: dict[tuple[StationId, str, str], tuple[int, datetime, str]] = {}
    for call in heard:
        for one in call.deviations:
            key = (call.station, one.kind[:100], one.path[:200])
            count = counted[key][0] if key in counted else 0
            counted[key] = (count + 1, call.received_at, one.sample[:500])
    if counted:
        await store_reports.keep_deviations(work, counted)
