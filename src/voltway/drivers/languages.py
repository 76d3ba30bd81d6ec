"""The languages that a person chose: kept in their account, so that each browser of theirs speaks
them, and so does what is sent to them."""

from collections.abc import Collection, Mapping

from voltway.drivers import store_languages
from voltway.drivers.model_languages import Spoken
from voltway.runtime.work import Work


async def of_person(work: Work, email: str) -> Spoken:
    """What a person chose; who chose nothing speaks whatever their browser does."""
    return (await store_languages.load(work, [email.lower()])).get(email.lower(), Spoken())


async def told_in(work: Work, emails: Collection[str]) -> Mapping[str, str]:
    """In which language each of these is written to, by the address in small letters; who chose
    none is left out."""
    found = await store_languages.load(work, sorted({each.lower() for each in emails}))
    return {email: spoken.told for email, spoken in found.items()}


async def choose(work: Work, email: str, chosen: Spoken) -> None:
    """Keep what a person chose; what they did not choose now stays as it was."""
    if chosen.told:
        await store_languages.save(work, email.lower(), chosen)


async def forget_person(work: Work, email: str) -> None:
    await store_languages.forget(work, email.lower())
