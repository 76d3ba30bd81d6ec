"""The words of an alert: its party's own before the house's, as they held when it was queued.

Whether a first try went is not always known, so each further try says the same: what is edited
meanwhile is said of what happens from then on.
"""

from collections.abc import Sequence

from voltway.alerts import rules_wordings, store_wordings
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Event
from voltway.alerts.trying import is_try
from voltway.alerts.words_events import Say
from voltway.kernel.ids import AlertId, PartyId
from voltway.runtime.work import Work


async def wording_of(work: Work, alert: Alert) -> Say:
    """What is said of an event, as its reader reads it."""
    return (await wordings_of(work, [alert]))[alert.id]


async def wordings_of(work: Work, alerts: Sequence[Alert]) -> dict[AlertId, Say]:
    """The same of many; own words are asked for once for each party and event."""
    said: dict[AlertId, Say] = {}
    known: dict[tuple[PartyId, Event], list[store_wordings.Version]] = {}
    for each in alerts:
        assert each.event is not None, "what is told in words of events is one"
        if is_try(each):
            words = each.facts or {}
            said[each.id] = Say(words["title"], words["body"])
            continue
        if (each.party, each.event) not in known:
            versions = await store_wordings.versions(work, each.party, each.event)
            known[each.party, each.event] = versions
        held = [one for one in known[each.party, each.event] if one.held_at(each.created_at)]
        own = {one.language: one.words for one in held}
        said[each.id] = rules_wordings.said(each.event, each.locale, each.facts or {}, own)
    return said
