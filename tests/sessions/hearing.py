"""What the pure rules make of what a station tells: the room without its database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, SessionId, StationId
from voltway.kernel.money import EUR
from voltway.kernel.units import EnergyWh, PowerW
from voltway.parties.model import Party
from voltway.sessions import rules
from voltway.sessions.desk import Desk, Flow, Names, Place, Port
from voltway.sessions.model import Row, Session, SessionRecord
from voltway.sessions.rules_record import record
from voltway.stations.reports import Ended, Metered, Started

Told = Started | Metered | Ended

STATION = StationId(UUID(int=1))
PARTY = PartyId(UUID(int=2))
LOCATION = LocationId(UUID(int=3))
EVSE = EvseId(UUID(int=4))
OPERATOR = Party(
    id=PARTY,
    country_code="FI",
    ident="VLT",
    name="Voltway",
    legal_name="Voltway Oy",
    vat_id="FI12345678",
    currency=EUR,
    time_zone="Europe/Helsinki",
    locale="en",
    hold_minor=5_000,
    no_charge_below_wh=EnergyWh(100),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True)
class Known:
    """A session as it stands, with all that was kept of it."""

    session: Session
    rows: Sequence[Row]
    flows: Sequence[Flow]

    def record(self, now: datetime) -> SessionRecord:
        return record(self.session, self.rows, self.flows, now)


def heard(
    told: Sequence[Told],
    received_at: datetime,
    *,
    zone: str = "Europe/Helsinki",
    power_w: int = 22_000,
) -> dict[str, Known]:
    """The sessions of a station with one EVSE that told these, in this order, by their refs."""
    place = Place(station=STATION, party=PARTY, location=LOCATION, zone=zone)
    desk = Desk(place, received_at, ports={1: Port(EVSE, PowerW(power_w))})
    names = Names(_ids(), count(1))
    for nth, report in enumerate(told):
        at = received_at + timedelta(seconds=nth / 10)
        rules.hear(desk, report, at, "accepted" if report.token else None, names)
    return {str(each.ref): _known(desk, each) for each in desk.sessions.values()}


def _known(desk: Desk, session: Session) -> Known:
    rows = [
        Row(one.at, one.reading.register_wh, one.reading.power_w, one.reading.context)
        for one in desk.readings
        if one.session == session.id
    ]
    flows = [flow for flow in desk.flows if flow.session == session.id]
    return Known(session, rows, flows)


def _ids() -> Iterator[SessionId]:
    return (SessionId(UUID(int=number)) for number in count(100))
