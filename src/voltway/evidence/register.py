"""Keys out of the German register of charging stations (Bundesnetzagentur), by its columns.

The register names no station, only operator, address and, for up to four charging points, a plug
and a ``Public Key``. So a row is put to one of our stations only where its address has exactly one
station with that EVSE and no other row of the file has the same address; everything else is told
back and placed by a person.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from voltway.evidence import actions
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import StationId
from voltway.runtime.work import Row, Work

#: The file of the whole country is some megabytes; an operator brings a part of it.
BYTES_MAX: Final = 16 * 1024 * 1024

_ADDRESS: Final = ("Adresse", "Straße", "Strasse")
_TOWN: Final = ("Postleitzahl Ort", "Postleitzahl", "PLZ")
_KEYS: Final = re.compile(r"Public ?Key ?(\d)", re.IGNORECASE)


@dataclass(eq=False)
class NoRegister(Refusal):
    """
    These are not the columns of the register: Adresse, Postleitzahl Ort and Public Key1 are needed,
    in a CSV file with commas or semicolons.
    """

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class RegisterTooLarge(Refusal):
    """The file is larger than {most} MB; bring the rows of your own stations."""

    kind: ClassVar[Kind] = Kind.INVALID

    most: int = BYTES_MAX // 1024 // 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of the register."""

    line: int
    address: str
    town: str
    point: int
    text: str

    @property
    def place(self) -> str:
        return f"{self.address}, {self.town}"


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a key of the register."""

    entry: Entry
    station: StationId | None
    identity: str
    says: str


@dataclass(frozen=True, slots=True)
class Import:
    """What became of all of them."""

    registered: list[Placed] = field(default_factory=list)
    known: list[Placed] = field(default_factory=list)
    left: list[Placed] = field(default_factory=list)


def entries(text: str) -> list[Entry]:
    """The keys in a file with the columns of the register. Raises ``NoRegister``."""
    if len(text) > BYTES_MAX:
        raise RegisterTooLarge
    lines = text.lstrip("\ufeff").splitlines(keepends=True)
    # The file as it is published begins with some lines of explanation.
    head = next((n for n, line in enumerate(lines) if _KEYS.search(line)), None)
    if head is None:
        raise NoRegister
    separator = ";" if lines[head].count(";") > lines[head].count(",") else ","
    reader = csv.DictReader(io.StringIO("".join(lines[head:])), delimiter=separator)
    columns = {name.strip(): name for name in reader.fieldnames or () if name}
    address = next((columns[name] for name in _ADDRESS if name in columns), None)
    town = next((columns[name] for name in _TOWN if name in columns), None)
    points = {int(at[1]): name for name in columns.values() if (at := _KEYS.search(name))}
    if address is None or town is None:
        raise NoRegister
    found = []
    try:
        for nth, row in enumerate(reader, head + 2):
            for point, name in sorted(points.items()):
                if written := (row.get(name) or "").strip():
                    place = (row.get(address) or "").strip(), (row.get(town) or "").strip()
                    found.append(Entry(nth, *place, point, written))
    except csv.Error as error:
        raise NoRegister from error
    return found


async def register_all(work: Work, text: str, *, by: str) -> Import:
    """Register the keys of the party's own stations, where there is no doubt which they are."""
    told = Import()
    given = entries(text)
    rows = await work.all(
        "SELECT station_id, identity, number, address, postal_code, city FROM evse_view"
    )
    ours = _by_place(rows)
    lines = Counter(_plain(entry.place) for entry in {each.line: each for each in given}.values())
    for entry in given:
        place = _plain(entry.place)
        found = [row for row in ours.get(place, ()) if row["number"] == entry.point]
        if len(found) != 1 or lines[place] > 1:
            told.left.append(Placed(entry, None, "", _why(ours.get(place, ()), found)))
            continue
        station, identity = StationId(found[0]["station_id"]), found[0]["identity"]
        try:
            await actions.register_key(
                work, station, entry.text, by=by, evse_number=entry.point, source="register"
            )
        except actions.SameKey as same:
            told.known.append(Placed(entry, station, identity, str(same)))
        except Refusal as refusal:
            told.left.append(Placed(entry, station, identity, str(refusal)))
        else:
            told.registered.append(Placed(entry, station, identity, ""))
    return told


def _why(at: Sequence[Row], found: Sequence[Row]) -> str:
    if not at:
        return "None of your stations has this address."
    if not found:
        return "Your station at this address has no such EVSE."
    return "Several stations share this address: register the key at the right one by hand."


def _by_place(rows: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        town = f"{row['postal_code'] or ''} {row['city']}"
        found.setdefault(_plain(f"{row['address']}, {town}"), []).append(row)
    return found


def _plain(text: str) -> str:
    """An address without what people write differently."""
    plain = text.casefold().replace("straße", "str").replace("strasse", "str")
    plain = re.sub(r"\bstr\.", "str", plain)
    return re.sub(r"[^\w]+", " ", re.sub(r"(?<=\w)str\.", "str", plain)).strip()
