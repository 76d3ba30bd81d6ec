"""A party's own words as rows: those that hold, and for a while those that held before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts.model_events import Event
from voltway.alerts.words_events import Say
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work

#: Nothing of which the words are a party's own is told so long after it was queued.
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Version:
    """Own words in a language, and when they held; ``until`` is ``None`` while they do."""

    language: str
    words: Say
    since: datetime
    until: datetime | None

    def held_at(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


async def of(work: Work, party: PartyId, event: Event) -> dict[str, Say]:
    """The own words of a party for an event now, by language."""
    known = await versions(work, party, event)
    return {each.language: each.words for each in known if each.until is None}


async def versions(work: Work, party: PartyId, event: Event) -> list[Version]:
    """The same, and what held before, the oldest first."""
    rows = await work.all(
        "SELECT * FROM alert_wording WHERE party_id = $1 AND event = $2 ORDER BY changed_at",
        party,
        event,
    )
    return [_version(row) for row in rows]


async def keep(
    work: Work, party: PartyId, event: Event, language: str, words: Say, *, by: str
) -> None:
    await remove(work, party, event, language)
    await work.run(
        """
        INSERT INTO alert_wording (party_id, event, language, title, body, changed_at, changed_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (party_id, event, language, changed_at) DO UPDATE
           SET title = excluded.title, body = excluded.body, changed_by = excluded.changed_by,
               until_at = NULL
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
    """These words hold no more; what held long ago is forgotten."""
    await work.run(
        "DELETE FROM alert_wording WHERE party_id = $1 AND event = $2 AND until_at < $3",
        party,
        event,
        work.now - KEPT,
    )
    await work.run(
        """
        UPDATE alert_wording SET until_at = $4
         WHERE party_id = $1 AND event = $2 AND language = $3 AND until_at IS NULL
        """,
        party,
        event,
        language,
        work.now,
    )


def _version(row: Row) -> Version:
    words = Say(row["title"], row["body"])
    return Version(row["language"], words, row["changed_at"], row["until_at"])
