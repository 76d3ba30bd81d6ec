"""The SQL of the price series of markets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency
from voltway.runtime.work import Work
from voltway.tariffs.model import SpotPrice
from voltway.tariffs.model_spot import ToldPrice


async def lock_series(work: Work, party: PartyId, series: str) -> None:
    """Let one import of a series be laid beside what is known at a time."""
    await work.one(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 6)) AS locked",
        str(party),
        series,
    )


async def state_of(
    work: Work, party: PartyId, series: str, before: datetime
) -> tuple[Currency | None, datetime | None]:
    """The currency of a series, and until when it is known among what begins before a moment."""
    row = await work.one(
        """
        SELECT min(currency) AS currency, max(ends) FILTER (WHERE begins < $3) AS ends
          FROM spot_price
         WHERE party_id = $1 AND series = $2
        """,
        party,
        series,
        before,
    )
    assert row is not None, "an aggregate always gives a row"
    return row["currency"], row["ends"]


async def told(
    work: Work, party: PartyId, wanted: Iterable[str], begins: datetime, ends: datetime
) -> Mapping[str, Sequence[ToldPrice]]:
    """All that was ever told of these series about a time."""
    names = sorted(set(wanted))
    rows = await work.all(
        """
        SELECT series, begins, ends, price, told_at
          FROM spot_price
         WHERE party_id = $1 AND series = ANY($2::text[])
           AND begins <= $4 AND begins >= $3::timestamptz - interval '1 hour' AND ends > $3
         ORDER BY series, begins, told_at
        """,
        party,
        names,
        begins,
        ends,
    )
    found: dict[str, list[ToldPrice]] = {name: [] for name in names}
    for row in rows:
        price = SpotPrice(row["begins"], row["ends"], row["price"])
        found[row["series"]].append(ToldPrice(price, row["told_at"]))
    return found


async def known_after(work: Work, party: PartyId, at: datetime) -> list[str]:
    """The series of which a price after a moment is known."""
    rows = await work.all(
        "SELECT DISTINCT series FROM spot_price WHERE party_id = $1 AND ends > $2", party, at
    )
    return [row["series"] for row in rows]


async def keep(
    work: Work, party: PartyId, series: str, currency: Currency, prices: Sequence[SpotPrice]
) -> None:
    await work.run(
        """
        INSERT INTO spot_price (party_id, series, begins, ends, price, currency, told_at)
        SELECT $1, $2, begins, ends, price, $3, $4
          FROM unnest($5::timestamptz[], $6::timestamptz[], $7::numeric[])
               AS given (begins, ends, price)
        """,
        party,
        series,
        currency,
        work.now,
        [each.begins for each in prices],
        [each.ends for each in prices],
        [each.price for each in prices],
    )
