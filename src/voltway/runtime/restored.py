"""Mends the outbox of a database that was restored from a dump into another server.

The outbox and the watchers' places name transactions by number, and a new server counts anew: its
next facts would seem older than what the watchers have heard, and be skipped. So, when numbers are
found that this server has not reached, they are given new ones, in the same order.
"""

from typing import Any, Final

import asyncpg
import structlog

_IS_AHEAD: Final = """
    SELECT coalesce(greatest((SELECT max(xid) FROM outbox), (SELECT max(until) FROM watcher))
                    > pg_snapshot_xmax(pg_current_snapshot()), false)
"""
_FORGET_HEARD: Final = "DELETE FROM outbox WHERE xid < (SELECT min(since) FROM watcher)"
# The first number that PostgreSQL gives is 3.
_RENUMBER: Final = """
    CREATE TEMPORARY TABLE renumbered ON COMMIT DROP AS
    SELECT old, (2 + row_number() OVER (ORDER BY old))::text::xid8 AS new
      FROM (SELECT xid FROM outbox UNION SELECT since FROM watcher UNION SELECT until FROM watcher)
           AS named (old)
"""
_APPLY: Final = (
    "UPDATE outbox SET xid = new FROM renumbered WHERE xid = old",
    """
    UPDATE watcher
       SET since = (SELECT new FROM renumbered WHERE old = since),
           until = (SELECT new FROM renumbered WHERE old = until)
    """,
)

log = structlog.get_logger("voltway.restored")


async def mend_outbox(owner: "asyncpg.Connection[Any]") -> bool:
    """Give the outbox numbers of this server, if it has those of another; whether it had."""
    if not await owner.fetchval("SELECT to_regclass('outbox') IS NOT NULL"):
        return False
    if not await owner.fetchval(_IS_AHEAD):
        return False
    async with owner.transaction():
        await owner.execute(_FORGET_HEARD)
        await owner.execute(_RENUMBER)
        for statement in _APPLY:
            await owner.execute(statement)
    while await owner.fetchval(_IS_AHEAD):
        await owner.execute("SELECT pg_current_xact_id()")  # uses a number up
    log.warning("outbox_renumbered_after_restore")
    return True
