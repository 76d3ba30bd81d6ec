"""What drivers with an account are told: their code, and that their bank said no."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, queue
from voltway.drivers import contracts, entry
from voltway.drivers.model import Code
from voltway.kernel.facts import Fact
from voltway.kernel.ids import DriverId, PartyId
from voltway.parties import actions as parties
from voltway.payments import methods
from voltway.payments.model_methods import MethodId, MethodRefused
from voltway.runtime.work import Work


async def tell_code(work: Work, code: Code, party: PartyId, locale: str) -> None:
    """Mail a code to who asked for it."""
    mail = a_mail(work, party, Template.CODE, code.email, locale, f"code:{code.id}")
    await queue(work, [mail])


async def hears_method_refused(work: Work, facts: Sequence[Fact]) -> None:
    """Mail drivers whose bank said no, each time it did."""
    for fact in facts:
        if not isinstance(fact, MethodRefused):
            continue
        try:
            driver = await contracts.driver_of(work, fact.party, DriverId(fact.holder))
        except contracts.NoSuchDriver:
            continue  # a customer's card: who owes is told by the dunning
        if driver.email is None:
            continue
        locale = (await parties.party(work, fact.party)).locale
        once = f"refused:{fact.at.isoformat()}:{fact.method}"
        mail = a_mail(work, fact.party, Template.METHOD_REFUSED, driver.email, locale, once)
        await queue(work, [mail])


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter. What it is about is the last word of the alert's key."""
    about = UUID(alert.once.rpartition(":")[2])
    if alert.template is Template.CODE:
        code = await entry.code(work, about)
        if code is None:
            raise letters.TooLate
        return partial(letters.code_letter, code, alert.locale, seller=seller)
    method = await methods.method(work, MethodId(about))
    page = f"{public_url}/me" if public_url else ""
    return partial(letters.refused_letter, method, alert.locale, seller=seller, page=page)
