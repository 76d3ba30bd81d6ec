"""What drivers report is told to the owners; the answer goes to the driver who gave an address."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.model_events import Event
from voltway.alerts.operator_events import FOR_GOOD, tell_operators
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.words_reports import words
from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ProblemAnswered, ProblemReported, Report
from voltway.kernel.facts import Fact
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.stations import actions as stations


async def hears_report(work: Work, facts: Sequence[Fact]) -> None:
    """Tell the owners that somebody reported a problem, and mail the driver that it is
    answered."""
    for fact in facts:
        if isinstance(fact, ProblemReported):
            report = await helpdesk.by_id(work, fact.report)
            shown = {
                "what": report.kind.words.lower(),
                "place": await _where(work, report),
                "page": f"/console/reports/{report.id}",
            }
            may, about = Permission.ORDER_STATION, f"report:{report.id}"
            await tell_operators(
                work, fact, may, Event.PROBLEM_REPORTED, about, shown, once=FOR_GOOD
            )
        elif isinstance(fact, ProblemAnswered):
            found = await helpdesk.by_id(work, fact.report)
            if found.email is not None:
                once = f"answer:{fact.report}:{found.email}"
                mail = a_mail(work, fact.party, Template.ANSWER, found.email, found.locale, once)
                await queue(work, [mail])


async def _where(work: Work, report: Report) -> str:
    place = await stations.place_of(work, report.evse)
    return f"{place.location_name}, {place.public_id}"


async def words_of(work: Work, alert: Alert) -> list[str]:
    """What the driver wrote, for the mail alone: it goes to no phone, chat or program."""
    report = await helpdesk.by_id(work, UUID(alert.about.partition(":")[2]))
    return [report.words] if report.words else []


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter to the driver."""
    report = await helpdesk.by_id(work, UUID(alert.once.split(":")[1]))
    where = await _where(work, report)
    page = f"{public_url}/h/{report.key}" if public_url else ""
    return partial(_to_driver, report, where, alert.locale, seller, page)


def _to_driver(report: Report, where: str, locale: str, seller: str, page: str) -> letters.Letter:
    said = words(locale)
    body = [said.about.format(where=where), report.answer or "", page]
    return letters.plain(locale, said.subject, [each for each in body if each], seller, said.why)
