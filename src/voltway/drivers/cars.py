"""Cars that show themselves: the EVCCID, the MAC address of the car's network interface, is told by
the station before anybody else says who charges.

It is no secret, and whoever likes can send it (DIN SPEC 70121 §8.7.3.2; ISO 15118-2 §7.9.1): so it
opens something only after its driver has said so, within a budget, and under a guard
(``billing.autocharge``). In 2.x it is an idToken of the type MacAddress; in 1.6 stations write
``VID:`` before it. To us both are ``VID:`` and twelve digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voltway.drivers import rules
from voltway.kernel.ids import PartyId, StationId, TokenUid
from voltway.runtime.work import Work

PREFIX: Final = "VID"
_HEX: Final = frozenset("0123456789ABCDEF")
#: Bits of the first octet (IEEE 802-2014 §8.2): sent to many; made up, and not of a maker.
_GROUP: Final = 0x01
_LOCAL: Final = 0x02


@dataclass(frozen=True, slots=True)
class CarShown:
    """A car that nobody registered, at a station."""

    party: PartyId
    station: StationId
    mac: str


def mac_of(uid: str) -> str | None:
    """The MAC address in a token as a station shows it, if it is a car's."""
    alike = rules.sameness(uid)
    mac = alike.removeprefix(PREFIX)
    is_mac = mac != alike and len(mac) == 12 and _HEX.issuperset(mac)
    return mac if is_mac else None


def uid_of(mac: str) -> TokenUid:
    return TokenUid(f"{PREFIX}:{mac}")


def is_of_one_car(mac: str) -> bool:
    """Whether an address can be a car's for good. One that is sent to many, made up for privacy,
    or nothing but zeros or ones is not: the next car may have it too."""
    first = int(mac[:2], 16)
    return not first & (_GROUP | _LOCAL) and set(mac) != {"0"}


async def note_seen(work: Work, seen: Sequence[CarShown]) -> None:
    """Note cars that opened nothing: who comes next at their stations may be their drivers."""
    of_one = {(each.party, each.mac): each for each in seen if is_of_one_car(each.mac)}
    if not of_one:
        return
    await work.run(
        """
        INSERT INTO car_seen (party_id, mac, station_id, at)
        SELECT party, mac, station, $4 FROM unnest($1::uuid[], $2::text[], $3::uuid[])
                                       AS s (party, mac, station) ORDER BY party, mac
            ON CONFLICT (party_id, mac) DO UPDATE
           SET station_id = excluded.station_id, at = excluded.at
        """,
        [party for party, _ in of_one],
        [mac for _, mac in of_one],
        [each.station for each in of_one.values()],
        work.now,
    )
