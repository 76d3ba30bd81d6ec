"""A token that its driver reported lost: what charges with it now, and stopping that too."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from voltway.drivers import own, rules
from voltway.drivers.model import Driver, Token
from voltway.kernel.ids import SessionId
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions

#: Who ordered a stop, in the session's story.
BY: Final = "the driver, whose token is lost"


async def charging(work: Work, token: Token) -> Sequence[Row]:
    """The sessions that run on a token now, as ``session_view`` shows them."""
    return await work.all(
        """
        SELECT id, location_name, evse_number, started_at, zone FROM session_view
         WHERE party_id = $1 AND running AND token_uid = ANY($2::text[]) ORDER BY started_at
        """,
        token.party,
        sorted(rules.written(token.uid)),
    )


async def report(work: Work, driver: Driver, token: Token, *, stop: bool) -> None:
    """Let a token open nothing from this moment, and stop what charges with it where the driver
    says that this is not them. Raises ``NotYourToken``."""
    await own.report_lost(work, driver, token.id)
    for row in await charging(work, token) if stop else ():
        with suppress(sessions.SessionOver):
            await sessions.stop(work, SessionId(row["id"]), by=BY)
