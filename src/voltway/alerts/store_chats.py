"""Chats of operators as rows."""

from uuid import UUID

from voltway.alerts.model_chats import Chat
from voltway.alerts.model_events import Event
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work


async def add(work: Work, chat: Chat) -> None:
    await work.run(
        """
        INSERT INTO alert_chat (id, party_id, name, address, shown, events, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        chat.id,
        chat.party,
        chat.name,
        chat.address,
        chat.shown,
        sorted(chat.events),
        work.now,
    )


async def count(work: Work, party: PartyId) -> int:
    row = await work.one("SELECT count(*) AS n FROM alert_chat WHERE party_id = $1", party)
    assert row is not None, "a count is always there"
    return int(row["n"])


async def one(work: Work, id: UUID) -> Chat | None:
    row = await work.one("SELECT * FROM alert_chat WHERE id = $1", id)
    return None if row is None else _chat(row)


async def told_of(work: Work, party: PartyId, event: Event) -> list[Chat]:
    """The chats of a party that are told of this event."""
    rows = await work.all(
        "SELECT * FROM alert_chat WHERE party_id = $1 AND $2 = ANY(events)", party, event
    )
    return [_chat(row) for row in rows]


async def save(work: Work, chat: Chat) -> None:
    await work.run(
        "UPDATE alert_chat SET name = $2, events = $3 WHERE id = $1",
        chat.id,
        chat.name,
        sorted(chat.events),
    )


async def remove(work: Work, id: UUID) -> None:
    await work.run("DELETE FROM alert_chat WHERE id = $1", id)


def _chat(row: Row) -> Chat:
    known = set(Event)
    return Chat(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        address=row["address"],
        shown=row["shown"],
        events=frozenset(Event(each) for each in row["events"] if each in known),
    )
