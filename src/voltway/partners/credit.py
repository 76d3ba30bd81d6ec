"""What partners owe, with what charges for them now, and that who owes as much as was agreed begins
nothing more."""

from uuid import UUID

from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar
from voltway.partners import store
from voltway.runtime.work import BeginWork, Work


async def look(work: Work, partner: UUID) -> int:
    """What a partner owes, in minor units: statements that are not paid, and what stands on none
    yet. Its tokens are barred while that and what charges under way cost so far reach its limit,
    and open stations again below it.

    What charges goes on and is told a minute old: the limit can be passed by that.
    """
    found = await store.one(work, partner, lock=True)
    assert found is not None, "who is looked at is there"
    open_minor = await store.owed(work, found)
    under_way_minor = await store.under_way(work, partner)
    await store.note_owed(work, partner, open_minor, under_way_minor)
    limit = found.credit_limit_minor
    tokens = await store.tokens_of(work, partner)
    if limit is not None and open_minor + under_way_minor >= limit:
        await drivers.bar(work, tokens, Bar.NO_CREDIT)
    else:
        await drivers.unbar(work, tokens, Bar.NO_CREDIT)
    return open_minor


async def look_at_all(begin: BeginWork) -> None:
    """Sweep: payments and statements change what is owed, too."""
    async with begin() as work:
        ids = await store.all_ids(work)
    for id in ids:
        async with begin() as work:
            await look(work, id)
