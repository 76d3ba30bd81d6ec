"""What a person with an account keeps so that it is not asked anew: their company, their needs."""

from collections.abc import Mapping, Sequence

from voltway.drivers import store_details
from voltway.drivers.model_details import Details
from voltway.runtime.work import Work


async def of_person(work: Work, email: str) -> Details:
    """What a person keeps; nothing is nothing."""
    return await store_details.load(work, email.lower()) or Details()


async def keep_company(work: Work, email: str, company: Mapping[str, str], *, always: bool) -> None:
    """Keep a company that can be invoiced, in place of the one before; an empty one is none."""
    await store_details.save_company(work, email.lower(), company, always=always and bool(company))


async def keep_needs(work: Work, email: str, needs: Sequence[str]) -> None:
    """Keep what a person needs at every place, in place of what was kept before."""
    await store_details.save_needs(work, email.lower(), list(dict.fromkeys(needs)))


async def forget_person(work: Work, email: str) -> None:
    await store_details.forget(work, email.lower())
