"""What becomes of a reservation, case by case."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import NOON
from voltway.kernel.ids import EvseId, LocationId, OrderId, PartyId, StationId, TokenUid
from voltway.stations.orders import OrderState
from voltway.waiting import rules_reservations as rules
from voltway.waiting.model_reservations import (
    BaySeen,
    Reservation,
    ReservationState,
    WhyReservation,
)
from voltway.waiting.rules_reservations import Ask

ID = UUID(int=1)
MIN = timedelta(minutes=1)
IT = Reservation(
    id=ID,
    number=41,
    party=PartyId(ID),
    key="k",
    location=LocationId(ID),
    station=StationId(ID),
    evse=EvseId(ID),
    turn=None,
    email="ann@example.org",
    locale="en",
    minutes=15,
    token=TokenUid("04A1"),
    own_card=False,
    state=ReservationState.KEPT,
    order=OrderId(ID),
    asked_at=NOON,
    created_at=NOON,
    until=NOON + 15 * MIN,
)
SEEN = BaySeen(
    open=True,
    broken=False,
    used=False,
    shown=True,
    started=False,
    turn_holds=False,
    order=OrderState.DONE,
    word="Accepted",
)


def becomes(it: Reservation, minutes: float = 1, **seen: Any) -> tuple[str, str]:
    after = rules.judged(it, replace(SEEN, **seen), NOON + minutes * MIN)
    return after.state.value, after.why


ASKED = replace(IT, state=ReservationState.ASKED)


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        (OrderState.QUEUED, ("asked", "")),
        (OrderState.SENT, ("asked", "")),
        (OrderState.DONE, ("kept", "")),
        (OrderState.REFUSED, ("ended", "refused")),
        (OrderState.SILENT, ("ended", "silent")),
        (OrderState.EXPIRED, ("ended", "silent")),
        (OrderState.CANCELLED, ("ended", "silent")),
    ],
)
def test_what_is_asked_goes_by_the_stations_answer(
    order: OrderState, wanted: tuple[str, str]
) -> None:
    assert becomes(ASKED, order=order) == wanted


def test_a_refusal_keeps_the_stations_word() -> None:
    no = replace(SEEN, order=OrderState.REFUSED, word="Occupied")

    assert rules.judged(ASKED, no, NOON).said == "Occupied"


@pytest.mark.parametrize(
    ("minutes", "seen", "wanted"),
    [
        (1, {}, ("kept", "")),
        (1, {"started": True, "used": True}, ("started", "")),
        (1, {"used": True}, ("ended", "taken")),
        (1, {"broken": True}, ("ended", "fault")),
        (1, {"open": False}, ("ended", "closed")),
        (1, {"worked": True, "broken": True}, ("ended", "work")),
        (4, {"away_since": NOON}, ("kept", "")),
        (6, {"away_since": NOON}, ("ended", "fault")),
        (14.9, {}, ("kept", "")),
        (15, {}, ("ended", "expired")),
        (1, {"order": OrderState.REFUSED}, ("kept", "")),  # it was asked again in vain
    ],
)
def test_what_is_kept_goes_by_its_bay(
    minutes: float, seen: dict[str, Any], wanted: tuple[str, str]
) -> None:
    assert becomes(IT, minutes, **seen) == wanted


def test_who_pays_when_the_time_ends_has_five_minutes_more() -> None:
    paying = replace(IT, paying_at=NOON + 14 * MIN)
    early = replace(IT, paying_at=NOON + 2 * MIN)

    assert becomes(paying, 19) == ("kept", "")
    assert becomes(paying, 20) == ("ended", "expired")
    assert becomes(early, 15) == ("ended", "expired")


def test_one_beside_a_turn_lives_as_long_as_the_turn_has_the_bay() -> None:
    beside = replace(IT, turn=UUID(int=2))

    assert becomes(beside, turn_holds=True) == ("kept", "")
    assert becomes(beside, turn_holds=False) == ("ended", "left")


def test_what_is_over_stays_as_it_is() -> None:
    ended = rules.over(IT, NOON, WhyReservation.LEFT)

    assert rules.judged(ended, replace(SEEN, started=True), NOON + MIN) is ended


@pytest.mark.parametrize(
    ("minutes", "more", "wanted"),
    [
        (9, {}, False),
        (10, {}, True),
        (15, {}, False),
        (11, {"warned_at": NOON}, False),
        (11, {"paying_at": NOON}, False),
        (11, {"turn": ID}, False),
        (11, {"state": ReservationState.ASKED}, False),
        (11, {"minutes": 9}, False),
    ],
)
def test_a_driver_is_told_once_five_minutes_before(
    minutes: int, more: dict[str, Any], wanted: bool
) -> None:
    assert rules.is_soon_over(replace(IT, **more), NOON + minutes * MIN) is wanted


def _ended(why: WhyReservation, **more: Any) -> Reservation:
    return replace(rules.over(IT, NOON, why), **more)


@pytest.mark.parametrize(
    ("it", "seen", "wanted"),
    [
        (_ended(WhyReservation.LEFT), {"order": OrderState.QUEUED}, Ask.TAKE_BACK),
        (_ended(WhyReservation.LEFT), {}, Ask.LET_GO),
        (_ended(WhyReservation.LEFT), {"order": OrderState.SENT}, Ask.LET_GO),
        (_ended(WhyReservation.LEFT, let_go=True), {}, Ask.NOTHING),
        (_ended(WhyReservation.TAKEN), {}, Ask.LET_GO),
        (_ended(WhyReservation.REFUSED), {"order": OrderState.REFUSED}, Ask.NOTHING),
        # It may have taken the order, and be late with its answer.
        (_ended(WhyReservation.SILENT), {"order": OrderState.SILENT}, Ask.LET_GO),
        (_ended(WhyReservation.SILENT), {"order": OrderState.EXPIRED}, Ask.NOTHING),
        (_ended(WhyReservation.REMOVED), {}, Ask.NOTHING),
        (_ended(WhyReservation.FAULT), {"broken": True}, Ask.NOTHING),
        (_ended(WhyReservation.FAULT), {"away_since": NOON}, Ask.LET_GO),
        (_ended(WhyReservation.EXPIRED), {"shown": True}, Ask.LET_GO),
        (_ended(WhyReservation.EXPIRED), {"shown": False}, Ask.NOTHING),
        (rules.over(IT, NOON, state=ReservationState.STARTED), {}, Ask.NOTHING),
        (IT, {}, Ask.NOTHING),
        (IT, {"booted_at": NOON + MIN}, Ask.AGAIN),
        (IT, {"booted_at": NOON - MIN}, Ask.NOTHING),
        (ASKED, {"booted_at": NOON + MIN}, Ask.NOTHING),
        (replace(IT, let_go=True), {"booted_at": NOON + MIN}, Ask.NOTHING),
        (replace(IT, paying_at=NOON), {"order": OrderState.REFUSED}, Ask.LET_GO),
        (IT, {"order": OrderState.REFUSED}, Ask.NOTHING),
    ],
)
def test_what_the_station_is_asked(it: Reservation, seen: dict[str, Any], wanted: Ask) -> None:
    assert rules.asks(it, replace(SEEN, **seen)) is wanted
