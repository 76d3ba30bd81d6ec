"""A party's own words as rows."""

from voltway.alerts.model_events import Event
from voltway.alerts.words_events import Say
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work


async def of(work: Work, party: PartyId, event: Event) -> dict[str, Say]:
    """The own words of a party for an event, by language."""
    rows = await work.all(
        "SELECT * FROM alert_wording WHERE party_id = $1 AND event = $2", party, event
    )
    return {row["language"]: Say(row["title"], row["body"]) for row in rows}


async def keep(
    work: Work, party: PartyId, event: Event, language: str, words: Say, *, by: str
) -> None:
    await work.run(
        """
        INSERT INTO alert_wording (party_id, event, language, title, body, changed_at, changed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (party_id, event, language) DO UPDATE
           SET title = excluded.title, body = excluded.body, changed_at = excluded.changed_at,
               changed_by = excluded.changed_by
        """,
        party,
        event,
        language,
        words.title,
        words.body,
        work.now,
        by,
    )


async def remove(work: Work, party: PartyId, event: Event, language: str) -> None:
    await work.run(
        "DELETE FROM alert_wording WHERE party_id = $1 AND event = $2 AND language = $3",
        party,
        event,
        language,
    )
