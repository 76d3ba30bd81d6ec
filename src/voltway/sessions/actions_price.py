"""Which tariff would apply to a session that began here, for this driver, then, and why."""

from dataclasses import dataclass, replace
from datetime import datetime

from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Token
from voltway.kernel.ids import ContractId, DriverId, EvseId, FleetId, TokenUid
from voltway.runtime.work import Work
from voltway.sessions.driver_kinds import kind_of
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.tariffs import actions as tariffs
from voltway.tariffs import taxes
from voltway.tariffs.model_taxes import Supply, TaxRule
from voltway.tariffs.model_versions import DriverKind, Place, Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """Who would charge: somebody with a token, or whoever a contract, a fleet or a driver is.

    Nobody named is a guest.
    """

    token: TokenUid | None = None
    contract: ContractId | None = None
    driver: DriverId | None = None
    fleet: FleetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed:
    """The ladder of an EVSE for somebody at a moment; ``winner`` is the rung whose tariff holds."""

    where: EvsePlace
    place: Place
    at: datetime
    token: Token | None
    rungs: tuple[Rung, ...]
    tax: str = ""  # where the tax stems from that a tariff left to the place

    @property
    def winner(self) -> Rung | None:
        return next((rung for rung in self.rungs if rung.wins), None)


async def which_tariff(work: Work, evse: EvseId, asks: Asks, at: datetime) -> Climbed:
    """The ladder as a session that begins then would climb it; nothing is frozen."""
    where = await stations.place_of(work, evse)
    place, token = await place_for(work, where, asks)
    rungs = await tariffs.climb(work, place, at)
    tax = None
    if any(rung.version and rung.version.tariff.taxes_by_place for rung in rungs):
        supply = Supply(where.party, where.location, at)
        tax = (await taxes.rules_for(work, {supply}))[supply]
    return Climbed(
        where=where,
        place=place,
        at=at,
        token=token,
        rungs=tuple(_taxed(rung, tax) for rung in rungs),
        tax=str(tax) if isinstance(tax, taxes.NoTaxRate) else tax.why if tax else "",
    )


async def place_for(work: Work, where: EvsePlace, asks: Asks) -> tuple[Place, Token | None]:
    """An EVSE as whoever asks comes to it: what prices go by, and the token that was shown."""
    party = where.party
    token, driver, contract, fleet = None, asks.driver, asks.contract, asks.fleet
    kind = DriverKind.AD_HOC
    if asks.token is not None:
        asked = (party, asks.token)
        token = (await drivers.tokens_of(work, [asked])).get(asked)
    if token is not None:
        kind = kind_of(token)
        driver, contract, fleet = token.driver, token.contract, token.fleet
    elif contract is not None:
        agreed = await contracts.contract_of(work, party, contract)
        kind, driver, fleet = DriverKind.CONTRACT, agreed.driver, agreed.fleet
    elif driver is not None or fleet is not None:
        kind = DriverKind.CONTRACT
    place = Place(party, where.location, where.station, where.evse, driver, contract, fleet, kind)
    return place, token


def _taxed(rung: Rung, tax: TaxRule | taxes.NoTaxRate | None) -> Rung:
    """The rung with its tariff as it would be billed here."""
    version = rung.version
    if version is None or not version.tariff.taxes_by_place or not isinstance(tax, TaxRule):
        return rung
    return replace(rung, version=replace(version, tariff=taxes.completed(version.tariff, tax)))
