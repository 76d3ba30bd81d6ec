"""Operators are told 30 and 7 days before a certificate ends by which cars charge: once each."""

from collections import defaultdict
from datetime import timedelta
from typing import Final

from voltway.alerts import store_expiry
from voltway.alerts.model_events import Event
from voltway.alerts.model_expiry import Ending
from voltway.alerts.operator_events import operators_who
from voltway.alerts.telling import tell
from voltway.billing import formats
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.runtime.work import BeginWork, Work

#: Of a car that did not come for so long nobody is told.
SEEN_WITHIN: Final = timedelta(days=90)
#: How long is kept that it was told, after the certificate's end.
KEEP: Final = timedelta(days=90)
_PAGE: Final = "/console/tariffs/cars"


async def look(begin: BeginWork) -> int:
    """Sweep: how many were told of. Roots are told one by one, contracts together."""
    async with begin() as work:
        found = await store_expiry.ending(work, SEEN_WITHIN)
        await store_expiry.forget(work, work.now - KEEP)
        by_party: dict[PartyId, list[Ending]] = defaultdict(list)
        for each in found:
            by_party[each.party].append(each)
        for party, endings in by_party.items():
            await _tell(work, party, endings)
        await store_expiry.note(work, [(each, each.stage(work.now)) for each in found])
    return len(found)


async def _tell(work: Work, party: PartyId, endings: list[Ending]) -> None:
    to = await operators_who(work, party, Permission.EDIT_NETWORK)
    zone = (await parties.party(work, party)).time_zone
    contracts = [each for each in endings if not each.is_root]
    told = [(each.about, [each]) for each in endings if each.is_root]
    if contracts:
        told.append((f"contracts:{work.now.isoformat()}", contracts))
    for about, these in told:
        first = min(these, key=lambda each: each.ends_at)
        there = formats.local(first.ends_at.isoformat(), zone)
        shown = {
            "name": _name(these),
            "when": formats.day(there.date(), formats.locale_for("en")),
            "what": _what(these),
            "page": _PAGE,
        }
        stage = str(first.stage(work.now))
        await tell(work, party, to, Event.CERTIFICATE_ENDS, about, shown, once=stage)


def _name(these: list[Ending]) -> str:
    if these[0].is_root:
        return these[0].name[:80]
    return f"contract {these[0].name}" if len(these) == 1 else f"{len(these)} contracts"


def _what(these: list[Ending]) -> str:
    if these[0].is_root:
        return "Cars whose contracts are by this root open nothing afterwards"
    if len(these) == 1:
        return "Its car opens nothing afterwards, unless it was given a new one"
    return "This is the first to end. Their cars open nothing afterwards, unless given new ones"
