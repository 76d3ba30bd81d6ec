"""What can be done about taxes: read the table, set a rate over it, complete a tariff by it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.parties.model import Party
from voltway.runtime.work import Work
from voltway.tariffs import rules_taxes, store_taxes
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_taxes import Supply, TaxDeclaration, TaxOverride, TaxRule, TaxTable
from voltway.tariffs.rules_taxes import NoTaxRate, completed

__all__ = [
    "NoDeclaration",
    "NoOverride",
    "NoTaxRate",
    "Supply",
    "TaxRule",
    "completed",
    "declarations",
    "declare",
    "override",
    "overrides",
    "rule_at_home",
    "rules_for",
    "table",
    "taxed",
]

REASON_LENGTH_MAX = 500


@dataclass(eq=False)
class NoOverride(Refusal):
    """This rate cannot be set: {why}."""

    kind = Kind.INVALID

    why: str


@dataclass(eq=False)
class NoDeclaration(Refusal):
    """This cannot be declared: {why}"""

    kind = Kind.INVALID

    why: str


@cache
def table() -> TaxTable:
    """The table that comes with the house."""
    raw = files("voltway.tariffs").joinpath("taxes.json").read_bytes()
    read = msgspec.json.decode(raw, type=TaxTable)
    return msgspec.structs.replace(read, sha256=hashlib.sha256(raw).hexdigest())


async def override(
    work: Work,
    party: PartyId,
    country: str,
    rate: Decimal | None,
    *,
    reason: str,
    by: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> TaxOverride:
    """Set a party's rate for charging in a country, from now or later on; none gives it back to
    the table. What was priced before stays as it was."""
    given = country.strip().upper()
    code = rules_taxes.country_of(table(), given) or given
    if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()):
        raise NoOverride("the country is not an ISO 3166 code such as FI")
    if rate is not None and not 0 <= rate <= 100:
        raise NoOverride("a rate is a percentage from 0 to 100")
    said = reason.strip()
    if not 1 <= len(said) <= REASON_LENGTH_MAX:
        raise NoOverride(f"it needs a reason of 1 to {REASON_LENGTH_MAX} characters")
    begins = max(since or work.now, work.now)
    if until is not None and until <= begins:
        raise NoOverride("it would end before it begins")
    made = TaxOverride(
        id=new_id(work.now),
        party=party,
        country=code,
        rate=rate,
        since=begins,
        until=until,
        reason=said,
        made_by=by,
        created_at=work.now,
    )
    await store_taxes.keep_override(work, made)
    return made


async def declare(
    work: Work,
    party: PartyId,
    country: str,
    *,
    applies: bool,
    legal_basis: str,
    by: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> TaxDeclaration:
    """Declare that the party's charging in a country takes electricity's reduced rate, from now or
    later on, by this law; or, where it does not apply, that it does so no more. What was priced
    before stays as it was."""
    two = rules_taxes.country_of(table(), country.strip().upper())
    if two is None:
        raise NoDeclaration(f"the table knows no country {country.strip()[:40]}.")
    told = table().countries[two]
    if not told.charging:
        why = f" {told.note}" if told.note else ""
        raise NoDeclaration(f"{told.name} has no reduced rate that charging could take.{why}")
    said = legal_basis.strip()
    if not 1 <= len(said) <= REASON_LENGTH_MAX:
        raise NoDeclaration(
            f"it needs its legal basis, a law or a ruling, in 1 to {REASON_LENGTH_MAX} characters."
        )
    begins = max(since or work.now, work.now)
    if until is not None and until <= begins:
        raise NoDeclaration("it would end before it begins.")
    made = TaxDeclaration(
        id=new_id(work.now),
        party=party,
        country=two,
        applies=applies,
        since=begins,
        until=until,
        legal_basis=said,
        made_by=by,
        created_at=work.now,
    )
    await store_taxes.keep_declaration(work, made)
    return made


async def declarations(work: Work, party: PartyId) -> Sequence[TaxDeclaration]:
    return await store_taxes.declarations_of(work, [party])


async def overrides(work: Work, party: PartyId) -> Sequence[TaxOverride]:
    return await store_taxes.overrides_of(work, [party])


async def rules_for(work: Work, supplies: set[Supply]) -> Mapping[Supply, TaxRule | NoTaxRate]:
    """The tax of each of these supplies, or that there is none known."""
    places = await store_taxes.places_of(work, {each.location for each in supplies})
    owners = {each.party for each in supplies}
    over = await store_taxes.overrides_of(work, owners)
    said = await store_taxes.declarations_of(work, owners)
    found: dict[Supply, TaxRule | NoTaxRate] = {}
    for supply in supplies:
        country, zone = places.get(supply.location, ("an unknown country", "UTC"))
        theirs = [each for each in over if each.party == supply.party]
        declared = [each for each in said if each.party == supply.party]
        try:
            found[supply] = rules_taxes.rule(
                table(), country, supply.at, ZoneInfo(zone), theirs, declared
            )
        except NoTaxRate as none:
            found[supply] = none
    return found


async def rule_at_home(work: Work, party: Party, at: datetime) -> TaxRule:
    """The tax on what a party sells from where it is, and at no EVSE. Raises :class:`NoTaxRate`."""
    over = await store_taxes.overrides_of(work, [party.id])
    zone = ZoneInfo(party.time_zone)
    return rules_taxes.rule(table(), party.country_code, at, zone, over)


async def taxed(work: Work, tariff: Tariff, supply: Supply) -> tuple[Tariff, TaxRule | None]:
    """The tariff as it is billed there and then, and the tax that it left open.

    Raises :class:`NoTaxRate` where nobody knows one: nothing is billed on a guess.
    """
    if not tariff.taxes_by_place:
        return tariff, None
    chosen = (await rules_for(work, {supply}))[supply]
    if isinstance(chosen, NoTaxRate):
        raise chosen
    return completed(tariff, chosen), chosen
