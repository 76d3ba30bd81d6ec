"""The words of an alert: its party's own before the house's."""

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
    known: dict[tuple[PartyId, Event], dict[str, Say]] = {}
    for each in alerts:
        assert each.event is not None, "what is told in words of events is one"
        if is_try(each):
            words = each.facts or {}
            said[each.id] = Say(words["title"], words["body"])
            continue
        if (each.party, each.event) not in known:
            own = await store_wordings.of(work, each.party, each.event)
            known[each.party, each.event] = own
        own = known[each.party, each.event]
        said[each.id] = rules_wordings.said(each.event, each.locale, each.facts or {}, own)
    return said
