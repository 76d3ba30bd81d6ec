"""The SQL of what people keep of themselves."""

from collections.abc import Mapping, Sequence

from voltway.drivers.model_details import Details
from voltway.runtime.work import Work


async def load(work: Work, email: str) -> Details | None:
    row = await work.one("SELECT * FROM person_details WHERE email = $1", email)
    if row is None:
        return None
    return Details(row["company"] or {}, row["always"], tuple(row["needs"]))


async def save_company(work: Work, email: str, company: Mapping[str, str], *, always: bool) -> None:
    await work.run(
        """
        INSERT INTO person_details (email, company, always, set_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (email) DO UPDATE
           SET company = excluded.company, always = excluded.always, set_at = excluded.set_at
        """,
        email,
        dict(company) or None,
        always,
        work.now,
    )
    await _drop_empty(work, email)


async def save_needs(work: Work, email: str, needs: Sequence[str]) -> None:
    await work.run(
        """
        INSERT INTO person_details (email, needs, set_at) VALUES ($1, $2, $3)
            ON CONFLICT (email) DO UPDATE SET needs = excluded.needs, set_at = excluded.set_at
        """,
        email,
        list(needs),
        work.now,
    )
    await _drop_empty(work, email)


async def _drop_empty(work: Work, email: str) -> None:
    """Who keeps nothing any more has no row."""
    await work.run(
        "DELETE FROM person_details WHERE email = $1 AND company IS NULL AND needs = '{}'", email
    )


async def forget(work: Work, email: str) -> None:
    await work.run("DELETE FROM person_details WHERE email = $1", email)
