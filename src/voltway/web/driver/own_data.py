"""All that is kept of a person, for a program (GDPR art. 15 and 20), and its end (art. 17).

Which columns of the database name a person is held by ``tests/web/test_own_data.py``: whoever adds
one says there whether it stands in this file, and what becomes of it when an account is deleted.
"""

from typing import Any, Final

from voltway.alerts import numbers, waits, wishing
from voltway.billing import autocharge, budgets, homes_own
from voltway.drivers import actions as drivers
from voltway.drivers import details, entry, favourites, languages, when_where
from voltway.drivers.model import Driver
from voltway.helpdesk import actions as helpdesk
from voltway.parties import actions as parties
from voltway.payments import methods, prepaid
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.tariffs import promotions
from voltway.vehicles import actions as vehicles
from voltway.vehicles import catalogue
from voltway.waiting import people as waiting
from voltway.web.driver import history_views

MOVES_MAX: Final = 10_000


async def all_of(work: Work, email: str) -> dict[str, Any]:
    """Everything under an address, as it is encoded for the file."""
    number = await numbers.number_of(work, email)
    return {
        "email": email,
        "number": None if number is None else number.number,
        "operators": [await _with(work, each) for each in await entry.drivers_of(work, email)],
        "cars": [
            model.title
            for each in await vehicles.vehicles(work, email)
            if (model := catalogue.model(each.model))
        ],
        "places": [
            {
                "name": (await stations.location(work, each.location)).name,
                "since": each.marked_at,
                "told_of_disruptions": each.tells,
            }
            for each in await favourites.of_person(work, email)
        ],
        "charges": await history_views.charges(work, email),
        "details": await _details(work, email),
        "languages": await _languages(work, email),
        "codes": [dict(row) for row in await promotions.of_driver(work, email)],
        "waiting": await _waiting(work, email),
        "reports": [
            {
                "at": each.created_at,
                "what": each.kind,
                "words": each.words,
                "what_had_happened": each.timeline,
                "answer": each.answer,
                "answered_at": each.answered_at,
            }
            for each in await helpdesk.of_person(work, email)
        ],
        "alerts": await _alerts(work, email),
        "letters": [dict(row) for row in await work.all(_LETTERS, email)],
    }


async def forget(work: Work, email: str) -> None:
    """Keep an address nowhere but where something is owed or under way, and wait for nothing under
    it. What a person is to each operator is forgotten there (``entry.forget_person``)."""
    await waits.forget_person(work, email)
    await waiting.forget_person(work, email)
    await helpdesk.forget_person(work, email)
    await methods.forget_address(work, email)
    await promotions.forget_person(work, email)
    await vehicles.forget_person(work, email)
    await wishing.forget_person(work, email)
    await favourites.forget_person(work, email)
    await details.forget_person(work, email)
    await languages.forget_person(work, email)
    await entry.leave_everywhere(work, email)


async def _with(work: Work, driver: Driver) -> dict[str, Any]:
    """What a person is to one operator."""
    tokens = await drivers.tokens_of_driver(work, driver.party, driver.id)
    saved = await methods.methods_of(work, driver.party, driver.id)
    has = await prepaid.balance(work, driver.party, driver.id)
    rules = await when_where.of_tokens(work, [each.id for each in tokens])
    subjects = [driver.id, *(each.id for each in tokens)]
    subjects += [each.contract for each in tokens if each.contract]
    return {
        "operator": (await parties.party(work, driver.party)).name,
        "name": driver.name,
        "known_since": driver.created_at,
        "contracts": [dict(row) for row in await work.all(CONTRACTS, driver.id)],
        "tokens": [
            {
                "uid": each.uid,
                "kind": each.kind,
                "label": each.label,
                "since": each.created_at,
                "lost_at": each.lost_at,
                "may_charge": [_rule(row) for row in rules.get(each.id, ())],
            }
            for each in tokens
        ],
        "budgets": await budgets.of_subjects(work, driver.party, subjects),
        "cars_that_may_be_yours": [
            {"mac": row["mac"], "seen_at": row["at"], "place": row["location_name"]}
            for row in await autocharge.offers_to(work, driver.party, driver.id)
        ],
        "ways_to_pay": [{"name": each.name, "saved_at": each.saved_at} for each in saved],
        "balance": has.money if has else None,
        "balance_moves": await prepaid.moves(work, driver.party, driver.id, limit=MOVES_MAX)
        if has
        else [],
        "owed": [dict(row) for row in await work.all(_OWED, driver.party, driver.email)],
        "at_home": await homes_own.own(work, driver)
        if await homes_own.is_at_home(work, [driver])
        else None,
    }


def _rule(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("days", "opens", "closes", "place_names")}


async def _languages(work: Work, email: str) -> dict[str, str] | None:
    """Those that they chose."""
    spoken = await languages.of_person(work, email)
    chosen = {"pages": spoken.pages, "documents_and_alerts": spoken.told}
    return {name: tag for name, tag in chosen.items() if tag} or None


async def _details(work: Work, email: str) -> dict[str, Any] | None:
    """Their company and their needs, as they keep them."""
    has = await details.of_person(work, email)
    if not has.company and not has.needs:
        return None
    return {
        "company": has.company or None,
        "invoice_for_each_charge": has.always,
        "needs": list(has.needs),
    }


async def _waiting(work: Work, email: str) -> dict[str, Any]:
    waits = await waiting.of_person(work, email)
    return {
        name: [{key: told for key, told in dict(row).items() if key != "key"} for row in rows]
        for name, rows in (
            ("watches", waits.watches),
            ("turns", waits.turns),
            ("reservations", waits.reservations),
        )
    }


async def _alerts(work: Work, email: str) -> dict[str, Any] | None:
    """What they want to be told, by event and channel, when not, and in which browsers."""
    wishes = await wishing.chosen_by(work, email)
    devices = await wishing.devices_of(work, email)
    if wishes is None and not devices:
        return None
    return {
        "time_zone": wishes and wishes.time_zone,
        "quiet_from": wishes and wishes.quiet_from,
        "quiet_until": wishes and wishes.quiet_until,
        "chosen": [
            {"event": event, "channel": channel, "wanted": wanted}
            for (event, channel), wanted in (wishes.chosen.items() if wishes else ())
        ],
        "browsers": [{"endpoint": each.endpoint, "since": each.made_at} for each in devices],
    }


#: What a driver agreed with an operator, themselves or by their company.
CONTRACTS: Final = """
    SELECT ident, fleet_name AS company, created_at FROM contract_view
     WHERE driver_id = $1 ORDER BY created_at
"""

_OWED: Final = """
    SELECT number, total_minor, owed_minor, currency, due_on, stage, opened_at, closed_at
      FROM debt_view WHERE party_id = $1 AND lower(email) = lower($2) ORDER BY opened_at
"""

_LETTERS: Final = """
    SELECT template, channel, event, created_at, sent_at, state FROM alert_view
     WHERE lower(recipient) = $1 OR holder = $1 ORDER BY created_at DESC LIMIT 10000
"""
