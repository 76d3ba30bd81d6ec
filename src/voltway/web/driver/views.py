"""What the driver's pages show of places and bays, read from the rooms' views."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId, TariffId
from voltway.parties import actions as parties
from voltway.payments import starts as payments_starts
from voltway.runtime.work import Row, Work
from voltway.stations.rules_calibration import today_at
from voltway.tariffs.actions import Assigned
from voltway.tariffs.at_bays import for_guests
from voltway.web import prices, states
from voltway.web.formats import Formats
from voltway.web.prices import PriceShown
from voltway.web.states import Bead, PortState

#: OCPI connector types in the words that stand on the hardware.
PLUGS: Final = {
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T2_COMBO": "CCS 2",
    "IEC_62196_T1": "Type 1",
    "IEC_62196_T1_COMBO": "CCS 1",
    "CHADEMO": "CHAdeMO",
    "TESLA_S": "NACS",
    "DOMESTIC_F": "Schuko socket",
    "CCS": "CCS 2",
    "TYPE2": "Type 2",
}


#: Bays, and until when they are held for somebody in line.
BAYS: Final = """
    SELECT p.*, h.held_until FROM port_view p LEFT JOIN bay_hold_view h ON h.evse_id = p.id
"""


@dataclass(eq=False)
class NoSuchPlace(Refusal):
    """There is no such place. It may have been closed, or the code may be damaged."""

    kind = Kind.ABSENT


@dataclass(eq=False)
class NoSuchBay(Refusal):
    """There is no bay {public_id}. The code may be damaged: look for the number on the hardware."""

    kind = Kind.ABSENT

    public_id: str


@dataclass(frozen=True, slots=True)
class Bay:
    """One EVSE as a driver sees it."""

    evse: EvseId
    party: PartyId
    station: StationId
    location: LocationId
    location_id: UUID
    location_name: str
    public_id: str
    number: int
    plug: str
    connector_type: str
    power_w: int
    current: str
    time_zone: str
    state: PortState
    price: PriceShown | None
    tariff_version: TariffId | None
    meter_until: date | None  # while it is good for bills
    misses: int = 0  # so many of its last starts failed, in a row; none where it is not doubtful

    @property
    def is_free(self) -> bool:
        """By its own word, and not doubtful."""
        return self.state.glyph == "available" and not self.misses

    @property
    def glyph(self) -> str:
        """What is drawn: a tick only where it is free and not doubtful."""
        is_doubtful = self.state.glyph == "available" and self.misses
        return states.drawn(states.DOUBTFUL) if is_doubtful else self.state.glyph

    @property
    def advice(self) -> str:
        """What a driver can do about a state that is in the way."""
        if self.state.status.value == "preparing" and self.state.glyph == "charging":
            return "A car is plugged in. If it is yours, start here."
        return ADVICE.get(self.state.glyph, "")


ADVICE: Final = {
    "charging": "Somebody is charging here. It is free again when they leave.",
    "idle": "A car has finished here and is still plugged in.",
    "reserved": "Somebody has reserved this bay.",
    "faulted": "This bay reports a fault. A start will most likely not work.",
    "offline": "We lost contact with this bay. A running charge goes on and is billed when it is "
    "back; a new one cannot start.",
    "unknown": "We have not heard from this bay for a while. A start may not work.",
    "maintenance": "The operator has taken this bay out of service.",
}


@dataclass(frozen=True, slots=True)
class ForCar:
    """What a place would do for the driver's car, in words; ``cost`` is empty where no price is
    known, ``bay`` is the number of the bay that is meant."""

    fits: bool = False
    cost: str = ""
    time: str = ""
    bay: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """One location with its bays in short."""

    id: UUID
    party: PartyId
    name: str
    address: str
    postal_code: str | None
    city: str
    lat: float
    lon: float
    glyph: str
    words: str
    beads: tuple[Bead, ...]
    beads_words: str
    free: int  # and not doubtful
    time_zone: str
    doubtful: int = 0  # free by their own word, and their last starts came to nothing
    price: str = ""
    price_unit: str = ""
    price_exact: Decimal | None = None  # per kWh, the lowest
    worked_at: datetime | None = None  # when a car last took energy here
    photo: str = ""  # the address of its first one, small
    mine: ForCar | None = None  # none where no car was chosen


@dataclass(frozen=True, slots=True)
class Starts:
    """How the last starts at a bay went: twenty ticks, and none below ten starts."""

    ticks: tuple[bool, ...] = ()
    words: str = ""

    @property
    def shown(self) -> bool:
        return len(self.ticks) >= 10


async def place(
    work: Work, location: LocationId, formats: Formats, expected_s: int
) -> tuple[Place, list[Bay]]:
    """One open place and its bays."""
    rows = await work.all(
        f"{BAYS} WHERE p.location_id = $1 AND p.published ORDER BY p.identity, p.number",
        location,
    )
    if not rows:
        raise NoSuchPlace
    assigned = await for_guests(work, rows)
    doubts = await payments_starts.doubtful(work, [row["id"] for row in rows])
    bays = [_bay(row, assigned, formats, expected_s, doubts) for row in rows]
    return in_short(rows, assigned, formats, expected_s, doubts), bays


async def bay(work: Work, public_id: str, formats: Formats, expected_s: int) -> Bay:
    """One bay, by the name on its hardware."""
    row = await work.one(
        f"{BAYS} WHERE upper(p.public_id) = upper($1) AND p.published", public_id[:64]
    )
    if row is None:
        raise NoSuchBay(public_id[:64])
    doubts = await payments_starts.doubtful(work, [row["id"]])
    return _bay(row, await for_guests(work, [row]), formats, expected_s, doubts)


async def starts(work: Work, evse: EvseId, formats: Formats) -> Starts:
    """The last twenty paid visits at a bay: did energy flow?"""
    found = (await payments_starts.last_at(work, [evse], 20))[evse]
    ticks = tuple(each.worked for each in reversed(found))
    last = next((each.at for each in found if each.worked), None)
    given = {"worked": sum(ticks), "all": len(ticks)}
    if last is None:
        return Starts(ticks, formats.say("%(worked)s of %(all)s starts worked", **given))
    return Starts(
        ticks,
        formats.say(
            "%(worked)s of %(all)s starts worked, the last %(age)s", **given, age=formats.age(last)
        ),
    )


@dataclass(frozen=True, slots=True)
class Help:
    """Who helps, and how: the last card of every page."""

    operator: str
    about: str
    phone: str = ""
    email: str = ""
    places: str = "/"
    report: str = ""  # where a problem of this bay is reported


async def help_of(
    work: Work, party: PartyId | None, *, about: str, place: UUID | None = None, report: str = ""
) -> Help:
    """The operator of these places; the oldest party where a page is of no one's."""
    who = await parties.first_party(work) if party is None else await parties.party(work, party)
    if who is None:
        return Help("Voltway", about)
    town = ", ".join(filter(None, (who.legal_name, who.address.get("city"))))
    return Help(
        operator=town,
        about=about,
        phone=who.address.get("phone", ""),
        email=who.address.get("email", ""),
        places=f"/l/{place}" if place else "/",
        report=report,
    )


def _bay(
    row: Row,
    assigned: Mapping[UUID, Assigned],
    formats: Formats,
    expected_s: int,
    doubtful: Collection[UUID],
) -> Bay:
    tariff = assigned.get(row["id"])
    return Bay(
        evse=EvseId(row["id"]),
        party=PartyId(row["party_id"]),
        station=StationId(row["station_id"]),
        location=LocationId(row["location_id"]),
        location_id=row["location_id"],
        location_name=row["location_name"],
        public_id=row["public_id"],
        number=row["number"],
        plug=plug(row["connector_type"], row["power_w"], formats),
        connector_type=row["connector_type"],
        power_w=row["power_w"],
        current=row["current"],
        time_zone=row["time_zone"],
        state=state_of(row, formats.now, expected_s),
        price=prices.shown(tariff.tariff, at=formats.now, zone=row["time_zone"], formats=formats)
        if tariff
        else None,
        tariff_version=tariff.version_id if tariff else None,
        meter_until=_meter_until(row, formats.now),
        misses=payments_starts.MISSES if row["id"] in doubtful else 0,
    )


def _meter_until(row: Row, now: datetime) -> date | None:
    """The last day of a meter that is good; drivers are told nothing of one that is not."""
    until: date | None = row["meter_valid_until"]
    if until is None or until < today_at(row["time_zone"], now):
        return None
    return until


def in_short(
    rows: Sequence[Row],
    assigned: Mapping[UUID, Assigned],
    formats: Formats,
    expected_s: int,
    doubtful: Collection[UUID],
) -> Place:
    """The place of these bays; one that is free by its own word and doubtful is not free."""
    first = rows[0]
    told = [(row["id"], state_of(row, formats.now, expected_s).glyph) for row in rows]
    glyphs = [
        states.DOUBTFUL if glyph == "available" and id in doubtful else glyph for id, glyph in told
    ]
    price, unit, exact = _from_price(rows, assigned, formats)
    return Place(
        id=first["location_id"],
        party=PartyId(first["party_id"]),
        name=first["location_name"],
        address=first["address"],
        postal_code=first["postal_code"],
        city=first["city"],
        lat=first["lat"],
        lon=first["lon"],
        glyph=_glyph_of(glyphs),
        words=_place_words(rows, glyphs, formats),
        beads=states.beads(glyphs),
        beads_words=states.in_words(glyphs, formats.say),
        free=glyphs.count("available"),
        time_zone=first["time_zone"],
        doubtful=glyphs.count(states.DOUBTFUL),
        price=price,
        price_unit=unit,
        price_exact=exact,
    )


def _glyph_of(glyphs: Sequence[str]) -> str:
    """One glyph for a place: free if any bay is, doubtful if one of these is; else what most bays
    are."""
    for glyph in ("available", states.DOUBTFUL, "charging"):
        if glyph in glyphs:
            return states.drawn(glyph)
    return max(states.TROUBLE_FIRST, key=lambda glyph: glyphs.count(glyph))


def _place_words(rows: Sequence[Row], glyphs: Sequence[str], formats: Formats) -> str:
    given = {
        "free": glyphs.count("available"),
        "all": len(glyphs),
        "power": formats.power(max(row["power_w"] for row in rows)),
    }
    doubtful = glyphs.count(states.DOUBTFUL)
    if not doubtful:
        return formats.say("%(free)s of %(all)s free, up to %(power)s kW", **given)
    said = formats.sentences.ngettext("%(num)d doubtful", "%(num)d doubtful", doubtful)
    return formats.say(
        "%(free)s of %(all)s free, %(doubtful)s, up to %(power)s kW",
        **given,
        doubtful=said % {"num": doubtful},
    )


def _from_price(
    rows: Sequence[Row], assigned: Mapping[UUID, Assigned], formats: Formats
) -> tuple[str, str, Decimal | None]:
    """The lowest price per kWh of a place, with "from" where there are several."""
    heads: dict[str, Decimal] = {}
    for row in rows:
        tariff = assigned.get(row["id"])
        if tariff is None:
            continue
        head = prices.shown(
            tariff.tariff, at=formats.now, zone=row["time_zone"], formats=formats
        ).head
        heads[head.price] = head.exact
    if not heads:
        return "", "", None
    lowest = min(heads, key=lambda price: heads[price])
    many = len(heads) > 1
    unit = formats.say("per kWh and more") if many else formats.say("per kWh")
    return lowest, unit, heads[lowest]


def state_of(row: Row, now: datetime, expected_s: int) -> PortState:
    """The state of a row of ``port_view``, or of ``BAYS``: a free bay that is held for who is next
    in line is reserved."""
    status = states.in_use(row["status"], row["session_state"])
    held_until = row.get("held_until")
    if status == "available" and held_until is not None and held_until > now:
        status = "reserved"
    return states.port_state(
        status,
        connected=row["connected"],
        heard_at=row["last_heard_at"],
        now=now,
        expected_s=expected_s,
    )


def plug(connector_type: str, power_w: int, formats: Formats) -> str:
    name = PLUGS.get(connector_type, connector_type.replace("_", " ").capitalize())
    return formats.say(
        "%(plug)s, up to %(power)s kW", plug=formats.say(name), power=formats.power(power_w)
    )


def like(words: str) -> str:
    """The words as a LIKE pattern takes them literally."""
    cleaned = words.strip().replace("\x00", "")[:80]
    return cleaned.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
