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
from voltway.runtime.work import Work
from voltway.tariffs import rules_taxes, store_taxes
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_taxes import Supply, TaxOverride, TaxRule, TaxTable
from voltway.tariffs.rules_taxes import NoTaxRate, completed

__all__ = [
    "NoOverride",
    "NoTaxRate",
    "Supply",
    "TaxRule",
    "completed",
    "override",
    "overrides",
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


async def overrides(work: Work, party: PartyId) -> Sequence[TaxOverride]:
    return await store_taxes.overrides_of(work, [party])


async def rules_for(work: Work, supplies: set[Supply]) -> Mapping[Supply, TaxRule | NoTaxRate]:
    """The tax of each of these supplies, or that there is none known."""
    places = await store_taxes.places_of(work, {each.location for each in supplies})
    over = await store_taxes.overrides_of(work, {each.party for each in supplies})
    found: dict[Supply, TaxRule | NoTaxRate] = {}
    for supply in supplies:
        country, zone = places.get(supply.location, ("an unknown country", "UTC"))
        theirs = [each for each in over if each.party == supply.party]
        try:
            found[supply] = rules_taxes.rule(table(), country, supply.at, ZoneInfo(zone), theirs)
        except NoTaxRate as none:
            found[supply] = none
    return found


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
