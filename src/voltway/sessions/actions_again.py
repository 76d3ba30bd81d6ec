"""What a session is made again from, beside what its station said. See ``rules_again``."""

from collections.abc import Mapping
from datetime import datetime

from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions import store
from voltway.sessions.rules_again import Basis, basis


async def bases(
    work: Work, priced: Mapping[SessionId, tuple[datetime, datetime]]
) -> dict[SessionId, Basis]:
    """What no frame tells of these sessions, by the end that each was priced with and the moment at
    which it was."""
    found = await store.by_id(work, list(priced))
    alone = await store.with_one_evse(work, {each.station for each in found})
    return {
        each.id: basis(
            each,
            has_one_evse=each.station in alone,
            ends=priced[each.id][0],
            read_at=priced[each.id][1],
        )
        for each in found
    }
