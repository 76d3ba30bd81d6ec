"""Stations whose display shows a code that changes (OCPP 2.1 part 2, C25): only who stands before
one can begin to pay there, and a pasted sticker leads to nothing."""

import secrets
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, PublicEvseId, StationId
from voltway.payments import rules_codes
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.orders import SetVariable


@dataclass(eq=False)
class CodeOver(Refusal):
    """This code is not the one that the display shows now. Scan it on the display again."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class ScanAgain(Refusal):
    """
    {evse} shows a code of its own on its display, and it changes. Scan it there: a code on paper is
    not ours. Nothing was held.
    """

    kind: ClassVar[Kind] = Kind.FORBIDDEN

    evse: PublicEvseId


@dataclass(frozen=True, slots=True)
class Scanned:
    """A bay whose code was good, and what lets a payment begin there."""

    public_id: PublicEvseId
    grant: str


async def turn_on(work: Work, station: StationId, *, url: str, by: str) -> None:
    """Let a station show codes of its own: a new secret, and the orders that tell it (C25.FR.50).
    ``url`` is where our pages are."""
    place = await stations.station(work, station)
    secret = secrets.token_urlsafe(24)
    await work.run(
        """
        INSERT INTO web_code (station_id, party_id, secret, valid_s, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (station_id) DO UPDATE
           SET secret = $3, valid_s = $4, set_by = $5, set_at = $6
        """,
        station,
        place.party,
        secret,
        rules_codes.VALID_S,
        by,
        work.now,
    )
    told = {
        "SharedSecret": secret,
        "ValidityTime": str(rules_codes.VALID_S),
        "Length": str(rules_codes.LENGTH),
        "URLTemplate": f"{url}/q/{{chargingstationid}}/{{evse}}/{{totp}}/{{version}}",
        "Enabled": "true",
    }
    for name, value in told.items():
        await stations.place_order(
            work, station, SetVariable(f"WebPaymentsCtrlr.{name}", value), by=by
        )


async def turn_off(work: Work, station: StationId, *, by: str) -> None:
    """The plain code on paper begins payments again."""
    await work.run("DELETE FROM web_code WHERE station_id = $1", station)
    await stations.place_order(
        work, station, SetVariable("WebPaymentsCtrlr.Enabled", "false"), by=by
    )


async def is_on(work: Work, station: StationId) -> bool:
    return (
        await work.one("SELECT station_id FROM web_code WHERE station_id = $1", station) is not None
    )


async def scanned(work: Work, identity: str, evse: str, code: str, version: str) -> Scanned:
    """Take a code as a display showed it. Raises ``CodeOver``, whatever is wrong with it: who
    guesses is told nothing."""
    row = await work.one(
        """
        SELECT w.secret, w.valid_s, e.id, e.public_id
          FROM evse_view e JOIN web_code w ON w.station_id = e.station_id
         WHERE e.identity = $1 AND e.number::text = $2
        """,
        identity,
        evse,
    )
    now_s = work.now.timestamp()
    if (
        row is None
        or version not in (rules_codes.VERSION, rules_codes.VERSION[1:])
        or not rules_codes.is_valid(code, row["secret"], now_s, row["valid_s"])
    ):
        raise CodeOver
    grant = rules_codes.grant(row["secret"], str(row["id"]), now_s)
    return Scanned(PublicEvseId(row["public_id"]), grant)


async def must_be_scanned(work: Work, evse: EvseId, grant: str) -> None:
    """Raises ``ScanAgain`` where the bay shows codes, and this is no grant of one of them."""
    row = await work.one(
        """
        SELECT w.secret, e.public_id FROM evse_view e JOIN web_code w ON w.station_id = e.station_id
         WHERE e.id = $1
        """,
        evse,
    )
    if row is not None and not rules_codes.holds(
        grant, row["secret"], str(UUID(str(evse))), work.now.timestamp()
    ):
        raise ScanAgain(PublicEvseId(row["public_id"]))
