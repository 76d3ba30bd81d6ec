"""The words of an alert: its party's own before the house's."""

from voltway.alerts import rules_wordings, store_wordings
from voltway.alerts.model import Alert
from voltway.alerts.words_events import Say
from voltway.runtime.work import Work


async def wording_of(work: Work, alert: Alert) -> Say:
    """What is said of an event, as its reader reads it."""
    assert alert.event is not None, "what is told in words of events is one"
    own = await store_wordings.of(work, alert.party, alert.event)
    return rules_wordings.said(alert.event, alert.locale, alert.facts or {}, own)
