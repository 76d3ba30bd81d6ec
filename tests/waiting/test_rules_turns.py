"""Whose turn it is, by the rules alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId
from voltway.waiting import rules_turns
from voltway.waiting.model_turns import BayNow, Turn, TurnState, WhyTurn

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOLD = timedelta(minutes=5)
PARTY, PLACE = PartyId(UUID(int=1)), LocationId(UUID(int=2))
STATION = StationId(UUID(int=3))


def a_bay(number: int, *, power_w: int = 22_000, is_free: bool = True) -> BayNow:
    return BayNow(
        evse=EvseId(UUID(int=100 + number)),
        station=STATION,
        power_w=power_w,
        works=True,
        is_free=is_free,
        is_used=not is_free,
    )


def a_turn(number: int, *, power_w_min: int = 0) -> Turn:
    """The number is the place in line."""
    return Turn(
        id=UUID(int=number),
        party=PARTY,
        key=f"key-{number}",
        location=PLACE,
        power_w_min=power_w_min,
        email=f"{number}@example.org",
        locale="en",
        state=TurnState.WAITING,
        ranked_at=NOW - timedelta(minutes=60 - number),
        lasts_until=NOW + timedelta(hours=1),
        created_at=NOW - timedelta(minutes=60 - number),
    )


def decided(
    turns: list[Turn],
    *bays: BayNow,
    started: tuple[int, ...] = (),
    now: datetime = NOW,
    hold: timedelta = HOLD,
) -> dict[int, Turn]:
    """The turns as they stand afterwards, by their numbers."""
    changed = rules_turns.decide(
        turns, {each.evse: each for each in bays}, {UUID(int=n) for n in started}, now, hold
    )
    return {each.id.int: each for each in [*turns, *changed]}


def held(number: int = 1, bay: int = 1) -> Turn:
    return decided([a_turn(number)], a_bay(bay))[number]


def test_a_free_bay_is_offered_to_the_first_in_line_alone_for_as_long_as_the_place_says() -> None:
    after = decided([a_turn(2), a_turn(1)], a_bay(1))

    assert (after[1].state, after[1].held_until) == (TurnState.OFFERED, NOW + HOLD)
    assert after[2].state is TurnState.WAITING


def test_nobody_is_called_to_a_doubtful_bay_and_who_has_it_keeps_it() -> None:
    doubtful = replace(a_bay(1), is_doubtful=True)
    after = decided([a_turn(1)], doubtful, a_bay(2))
    assert after[1].evse == a_bay(2).evse
    assert decided([a_turn(1)], doubtful)[1].state is TurnState.WAITING

    theirs = held()
    late = theirs.held_until + timedelta(seconds=1) if theirs.held_until else NOW
    assert decided([theirs], doubtful)[1].has_bay
    assert decided([theirs], doubtful, now=late)[1].why == WhyTurn.MISSED


def test_two_bays_go_to_two_and_one_bay_never_to_both() -> None:
    after = decided([a_turn(1), a_turn(2), a_turn(3)], a_bay(1), a_bay(2))

    assert [after[n].has_bay for n in (1, 2, 3)] == [True, True, False]
    assert after[1].evse != after[2].evse


def test_a_bay_that_is_too_weak_goes_to_who_can_use_it() -> None:
    after = decided([a_turn(1, power_w_min=50_000), a_turn(2)], a_bay(1))

    assert (after[1].state, after[2].state) == (TurnState.WAITING, TurnState.OFFERED)


def test_a_bay_that_is_held_is_offered_to_nobody_else() -> None:
    after = decided([held(), a_turn(2)], a_bay(1))

    assert after[2].state is TurnState.WAITING


def test_who_misses_their_turn_is_out_of_line_and_the_next_is_offered_the_bay_at_once() -> None:
    after = decided([held(), a_turn(2)], a_bay(1), now=NOW + HOLD)

    assert (after[1].state, after[1].why) == (TurnState.ENDED, WhyTurn.MISSED)
    assert after[2].state is TurnState.OFFERED


def test_who_has_plugged_in_and_not_begun_has_as_long_again() -> None:
    plugged = replace(a_bay(1), is_free=False)

    assert decided([held()], plugged, now=NOW + HOLD)[1].has_bay
    assert decided([held()], plugged, now=NOW + 2 * HOLD)[1].why == WhyTurn.MISSED


def test_whose_bay_loses_its_line_is_first_again() -> None:
    lost = replace(a_bay(1), works=False, is_free=False)
    after = decided([held(), a_turn(2)], lost)

    assert (after[1].state, after[1].why) == (TurnState.WAITING, WhyTurn.LOST)
    assert after[1].ranked_at == a_turn(1).ranked_at
    assert decided([after[1], after[2]], a_bay(1))[1].state is TurnState.OFFERED


def test_whose_bay_somebody_else_took_is_first_again_and_nobody_is_thrown_out() -> None:
    after = decided([held()], a_bay(1, is_free=False))

    assert (after[1].state, after[1].why) == (TurnState.WAITING, WhyTurn.TAKEN)


def test_who_charges_is_done_also_at_another_bay_than_theirs() -> None:
    after = decided([held(), a_turn(2)], a_bay(1, is_free=False), started=(1, 2))

    assert {after[n].state for n in (1, 2)} == {TurnState.STARTED}
    assert after[1].evse is None


def test_a_place_that_closes_or_wants_no_line_any_more_ends_it() -> None:
    for after in (decided([held()]), decided([held()], a_bay(1), hold=timedelta())):
        assert (after[1].state, after[1].why) == (TurnState.ENDED, WhyTurn.CLOSED)


def test_nobody_waits_for_ever() -> None:
    after = decided([a_turn(1)], a_bay(1, is_free=False), now=NOW + timedelta(hours=2))

    assert (after[1].state, after[1].why) == (TurnState.ENDED, WhyTurn.TIME)


def test_one_place_back_is_behind_the_next_and_before_all_others() -> None:
    back = rules_turns.behind_the_next(held(), [held(), a_turn(2), a_turn(3)])

    assert back is not None
    assert not back.has_bay
    line = rules_turns.in_line([a_turn(3), back, a_turn(2)])
    assert [each.id.int for each in line] == [2, 1, 3]
    assert rules_turns.behind_the_next(held(), [held()]) is None


def test_who_lets_others_pass_is_offered_nothing_until_the_time_is_over() -> None:
    passing = rules_turns.let_pass(held(), NOW)

    assert decided([passing], a_bay(1))[1].state is TurnState.WAITING
    later = NOW + rules_turns.PASSES
    assert decided([passing], a_bay(1), now=later)[1].state is TurnState.OFFERED
    assert decided([passing, a_turn(2)], a_bay(1))[2].state is TurnState.OFFERED


def test_decided_twice_nothing_changes() -> None:
    once = decided([a_turn(1), a_turn(2)], a_bay(1))

    assert decided([once[1], once[2]], a_bay(1)) == once
