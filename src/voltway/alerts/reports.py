"""What drivers report goes to the owners; the answer goes to the driver who gave an address."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, owners_of, queue
from voltway.alerts.words_reports import words
from voltway.helpdesk import actions as helpdesk
from voltway.helpdesk.model import ProblemAnswered, ProblemReported, Report
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work
from voltway.stations import actions as stations


async def hears_report(work: Work, facts: Sequence[Fact]) -> None:
    """Mail the owners that somebody reported a problem, and the driver that it is answered."""
    for fact in facts:
        if isinstance(fact, ProblemReported):
            owners = await owners_of(work, fact.party)
            mails = [_mail(work, fact, Template.REPORT, each.email, "en") for each in owners]
            await queue(work, mails)
        elif isinstance(fact, ProblemAnswered):
            found = await helpdesk.by_id(work, fact.report)
            if found.email is not None:
                mail = _mail(work, fact, Template.ANSWER, found.email, found.locale)
                await queue(work, [mail])


def _mail(
    work: Work, fact: ProblemReported | ProblemAnswered, template: Template, to: str, locale: str
) -> Alert:
    once = f"{template.value}:{fact.report}:{to}"
    return a_mail(work, fact.party, template, to, locale, once)


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter."""
    report = await helpdesk.by_id(work, UUID(alert.once.split(":")[1]))
    place = await stations.place_of(work, report.evse)
    where = f"{place.location_name}, {place.public_id}"
    if alert.template is Template.REPORT:
        page = f"{public_url}/console/reports/{report.id}" if public_url else ""
        return partial(_to_owner, report, where, seller, page)
    page = f"{public_url}/h/{report.key}" if public_url else ""
    return partial(_to_driver, report, where, alert.locale, seller, page)


def _to_owner(report: Report, where: str, seller: str, page: str) -> letters.Letter:
    body = [f"{where}: {report.kind.words}.", report.words, page]
    title = f"A driver reports: {report.kind.words.lower()}"
    why = "This mail goes to the owners of this network."
    return letters.plain("en", title, [each for each in body if each], seller, why)


def _to_driver(report: Report, where: str, locale: str, seller: str, page: str) -> letters.Letter:
    said = words(locale)
    body = [said.about.format(where=where), report.answer or "", page]
    return letters.plain(locale, said.subject, [each for each in body if each], seller, said.why)
