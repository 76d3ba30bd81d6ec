"""The mail of something that happened, with the way out of more of these."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote

from voltway.alerts import letters, reports
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Event
from voltway.alerts.telling import wishes_of
from voltway.alerts.wording_of import wording_of
from voltway.alerts.words_events import WHY, Say
from voltway.billing.words import language
from voltway.parties import actions as parties
from voltway.runtime.work import Work


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    assert alert.holder is not None, "an event is told to somebody"
    zone = (await parties.party(work, alert.party)).time_zone
    wishes = await wishes_of(work, alert.holder, zone)
    leave = ""
    if public_url:
        leave = f"{public_url}/alerts/leave/{quote(wishes.leave_key)}?event={alert.event}"
    said = await wording_of(work, alert)
    more = await reports.words_of(work, alert) if alert.event is Event.PROBLEM_REPORTED else []
    return partial(letter, alert, said, more, seller=seller, public_url=public_url, leave=leave)


def letter(
    alert: Alert,
    said: Say,
    more: Sequence[str] = (),
    *,
    seller: str,
    public_url: str,
    leave: str,
) -> letters.Letter:
    """The mail of something that happened, in these words, with what only a mail says."""
    assert alert.facts is not None
    why, out = WHY[language(alert.locale)]
    body = [said.body, *more]
    page = alert.facts.get("page", "")
    if page and public_url:
        body.append(f"{public_url}{page}")
    if leave:
        why = f"{why} {out.format(page=leave)}"
    return replace(letters.plain(alert.locale, said.title, body, seller, why), leave=leave)
