"""Times as stations write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.ocpp.times import OLDEST, Oddity, read_time, write_time, zone_mistaken_for_utc


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "oddity"),
    [
        ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00", None),
        ("2026-03-02T12:00:00.123456789Z", "2026-03-02T12:00:00.123456", None),
        ("2025-01-03T19:01:48+01:00", "2025-01-03T18:01:48", None),
        ("2025-01-03T19:01:48-03:30", "2025-01-03T22:31:48", None),
        ("2026-08-04T13:35:45.377", "2026-08-04T13:35:45.377", Oddity.NO_ZONE),
        ("2024-04-26T14:35:02+02", "2024-04-26T12:35:02", Oddity.FORM),
        ("2024-04-26T14:35:02+0200", "2024-04-26T12:35:02", Oddity.FORM),
        ("2024-04-26 14:35:02Z", "2024-04-26T14:35:02", Oddity.FORM),
        ("2024-04-26T14:35Z", "2024-04-26T14:35:00", Oddity.FORM),
        ("2024-04-26t14:35:02z", "2024-04-26T14:35:02", Oddity.FORM),
        ("2024-04-26T14:35:02.Z", "2024-04-26T14:35:02", Oddity.FORM),
        ("2024-04-26T14:35:02,5Z", "2024-04-26T14:35:02.5", Oddity.FORM),
        ("2024-04-26T24:00:00Z", "2024-04-27T00:00:00", Oddity.FORM),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59", Oddity.LEAP_SECOND),
        ("1970-01-01T00:00:00.740Z", "1970-01-01T00:00:00.740", Oddity.UNSET_CLOCK),
        ("2000-01-01T00:00:00", "2000-01-01T00:00:00", Oddity.UNSET_CLOCK),
        ("2024-02-29T07:02:33.000Z", "2024-02-29T07:02:33", None),
    ],
)
def test_a_time_that_a_person_could_read_is_read(
    text: str, moment: str, oddity: Oddity | None
) -> None:
    assert read_time(text) == (utc(moment), oddity)


@pytest.mark.parametrize(
    ("text", "oddity"),
    [
        ("2022-02-29T07:02:33.000Z", Oddity.IMPOSSIBLE),
        ("2022-02-30T07:02:33Z", Oddity.IMPOSSIBLE),
        ("2022-04-31T07:02:33", Oddity.IMPOSSIBLE),
        ("2022-04-30T25:02:33Z", Oddity.IMPOSSIBLE),
        ("2022-04-30T24:02:33Z", Oddity.IMPOSSIBLE),
        ("2022-04-30T23:59:61Z", Oddity.IMPOSSIBLE),
        ("2022-04-30T12:00:00+25:00", Oddity.IMPOSSIBLE),
        ("0000-00-00T00:00:00Z", Oddity.IMPOSSIBLE),
        ("0001-01-01T00:00:00+01:00", Oddity.IMPOSSIBLE),
        ("222222017-10-27T19:10:11Z", Oddity.UNREADABLE),
        ("1700000000", Oddity.UNREADABLE),
        ("null", Oddity.UNREADABLE),
        ("2026-W10-1T12:00:00Z", Oddity.UNREADABLE),
        ("٢٠٢٦-03-02T12:00:00Z", Oddity.UNREADABLE),
        ("2026-03-02T12:00:00Z" + " " * 100, Oddity.UNREADABLE),
    ],
)
def test_a_time_that_is_none_is_told_as_such(text: str, oddity: Oddity) -> None:
    assert read_time(text) == (None, oddity)


@pytest.mark.parametrize("text", [None, ""])
def test_no_time_is_not_odd(text: str | None) -> None:
    assert read_time(text) == (None, None)


@given(text=st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*[Z+-]?[0-9]*"))
def test_no_text_breaks_the_reader(text: str) -> None:
    moment, _ = read_time(text)

    assert moment is None or moment.tzinfo is UTC


@given(since=st.timedeltas(timedelta(), timedelta(days=30_000)))
def test_what_we_write_is_read_as_the_same_second(since: timedelta) -> None:
    moment = OLDEST + since

    assert read_time(write_time(moment)) == (moment.replace(microsecond=0), None)


def test_we_write_utc_to_the_second() -> None:
    berlin = timezone(timedelta(hours=2))

    assert write_time(datetime(2026, 7, 1, 14, 0, 5, 999, berlin)) == "2026-07-01T12:00:05Z"


@pytest.mark.parametrize(
    ("ahead", "offset"),
    [
        pytest.param("2:00:20", "2:00:00", id="Berlin in summer, sent as UTC"),
        pytest.param("5:29:10", "5:30:00", id="Delhi"),
        pytest.param("-3:00:00", "-3:00:00", id="behind UTC"),
        pytest.param("0:00:40", None, id="a clock that is right"),
        pytest.param("0:07:00", None, id="a clock that is merely wrong"),
        pytest.param("15:00:00", None, id="farther than any zone"),
    ],
)
def test_local_time_sent_as_utc_is_found_by_the_moment_of_receipt(
    ahead: str, offset: str | None
) -> None:
    received = utc("2026-07-01T12:00:00")

    found = zone_mistaken_for_utc(received + _span(ahead), received)

    assert found == (None if offset is None else _span(offset))


def _span(text: str) -> timedelta:
    hours, minutes, seconds = (int(part) for part in text.lstrip("-").split(":"))
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if text.startswith("-") else size
