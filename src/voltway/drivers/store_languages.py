"""The SQL of the languages that people chose."""

from collections.abc import Mapping, Sequence

from voltway.drivers.model_languages import Spoken
from voltway.runtime.work import Work


async def load(work: Work, emails: Sequence[str]) -> Mapping[str, Spoken]:
    rows = await work.all(
        "SELECT email, pages, papers FROM person_language WHERE email = ANY($1::text[])", emails
    )
    return {str(row["email"]): Spoken(row["pages"] or "", row["papers"] or "") for row in rows}


async def save(work: Work, email: str, chosen: Spoken) -> None:
    await work.run(
        """
        INSERT INTO person_language (email, pages, papers, chosen_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (email) DO UPDATE
           SET pages = coalesce(excluded.pages, person_language.pages),
               papers = coalesce(excluded.papers, person_language.papers),
               chosen_at = excluded.chosen_at
        """,
        email,
        chosen.pages or None,
        chosen.papers or None,
        work.now,
    )


async def forget(work: Work, email: str) -> None:
    await work.run("DELETE FROM person_language WHERE email = $1", email)
