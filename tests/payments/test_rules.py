"""Where a payment goes when the provider shows evidence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.kernel.ids import EvseId, PartyId, PaymentId, StationId, TokenUid
from voltway.kernel.money import EUR, Money
from voltway.payments import rules
from voltway.payments.model import (
    HoldPlaced,
    HoldReleased,
    Payment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentState,
    Verb,
    Why,
)
from voltway.payments.provider import HoldSeen, HoldState

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
S, H = PaymentState, HoldState


def payment(state: PaymentState, *, was_held: bool = False, **more: object) -> Payment:
    made = Payment(
        id=PaymentId(UUID(int=7)),
        party=PartyId(UUID(int=1)),
        visit_key="k" * 24,
        evse=EvseId(UUID(int=2)),
        station=StationId(UUID(int=3)),
        token=TokenUid("A1"),
        tariff_version=UUID(int=4),
        locale="en",
        provider="simulated",
        state=state,
        hold_minor=5000,
        currency=EUR,
        created_at=NOON,
        return_url="",
        cancel_url="",
        description="",
        held_at=NOON if was_held else None,
        hold_open=was_held,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def seen(state: HoldState, captured: int = 0, refunded: int = 0) -> HoldSeen:
    return HoldSeen(
        ref="hold_1",
        reference="7",
        state=state,
        amount=Money(5000, EUR),
        captured=Money(captured, EUR),
        refunded=Money(refunded, EUR),
        hosted_url="http://pay",
    )


@pytest.mark.parametrize(
    ("before", "was_held", "evidence", "after", "told"),
    [
        pytest.param(S.ASKED, False, H.AWAITING, S.AWAITING, None, id="the page is open"),
        pytest.param(S.AWAITING, False, H.AWAITING, S.AWAITING, None, id="still open"),
        pytest.param(S.AWAITING, False, H.HELD, S.HELD, HoldPlaced, id="paid"),
        pytest.param(S.ASKED, False, H.HELD, S.HELD, HoldPlaced, id="paid before the answer came"),
        pytest.param(S.UNKNOWN, False, H.HELD, S.HELD, HoldPlaced, id="paid, found out later"),
        pytest.param(S.AWAITING, False, H.DECLINED, S.DECLINED, PaymentDeclined, id="declined"),
        pytest.param(S.AWAITING, False, H.EXPIRED, S.EXPIRED, None, id="the page ran out"),
        pytest.param(S.HELD, True, H.HELD, S.HELD, None, id="held, told again"),
        pytest.param(S.HELD, True, H.AWAITING, S.HELD, None, id="old news of the open page"),
        pytest.param(S.HELD, True, H.VOIDED, S.RELEASED, HoldReleased, id="voided over there"),
        pytest.param(S.HELD, True, H.EXPIRED, S.EXPIRED, HoldReleased, id="the hold ran out"),
        pytest.param(S.CAPTURING, True, H.HELD, S.CAPTURING, None, id="the capture is under way"),
        pytest.param(S.CAPTURING, True, H.CAPTURED, S.CAPTURED, PaymentCaptured, id="taken"),
        pytest.param(S.CAPTURING, True, H.EXPIRED, S.EXPIRED, HoldReleased, id="taken too late"),
        pytest.param(S.UNKNOWN, True, H.HELD, S.UNKNOWN, None, id="nobody knows, and still so"),
        pytest.param(S.UNKNOWN, True, H.CAPTURED, S.CAPTURED, PaymentCaptured, id="it was taken"),
        pytest.param(S.UNKNOWN, True, H.VOIDED, S.RELEASED, HoldReleased, id="it was let go"),
        pytest.param(S.RELEASING, True, H.HELD, S.RELEASING, None, id="the release is under way"),
        pytest.param(S.RELEASING, True, H.VOIDED, S.RELEASED, HoldReleased, id="let go"),
        pytest.param(S.RELEASING, False, H.VOIDED, S.RELEASED, None, id="let go, never paid"),
        pytest.param(S.CAPTURED, True, H.HELD, S.CAPTURED, None, id="old news after the end"),
        pytest.param(S.RELEASED, True, H.HELD, S.RELEASED, None, id="old news after the release"),
        pytest.param(S.DECLINED, False, H.HELD, S.DECLINED, None, id="a declined one stays so"),
    ],
)
def test_evidence(
    before: PaymentState,
    was_held: bool,
    evidence: HoldState,
    after: PaymentState,
    told: type[object] | None,
) -> None:
    captured = 1166 if H.CAPTURED is evidence else 0

    moved, facts = rules.learned(payment(before, was_held=was_held), seen(evidence, captured), NOON)

    assert moved.state is after
    assert [type(fact) for fact in facts] == ([told] if told else [])
    assert moved.provider_ref == "hold_1"


def test_a_captured_payment_has_what_the_provider_took() -> None:
    moved, _ = rules.learned(
        payment(S.CAPTURING, was_held=True), seen(H.CAPTURED, captured=1166), NOON
    )

    assert moved.captured == Money(1166, EUR)
    assert not moved.hold_open


def test_a_refund_seen_over_there_is_counted_and_never_forgotten() -> None:
    captured = payment(S.CAPTURED, was_held=True, captured_minor=1000, refunded_minor=300)

    more, _ = rules.learned(captured, seen(H.CAPTURED, 1000, 600), NOON)
    old, _ = rules.learned(captured, seen(H.CAPTURED, 1000, 0), NOON)

    assert more.refunded_minor == 600
    assert old.refunded_minor == 300


def test_a_hold_whose_capture_was_declined_is_open_until_it_is_gone() -> None:
    declined, facts = rules.capture_declined(
        payment(S.CAPTURING, was_held=True), Why.CAPTURE_DECLINED, NOON
    )
    gone, more = rules.learned(declined, seen(H.VOIDED), NOON)

    assert declined.hold_open
    assert [type(fact) for fact in facts] == [PaymentDeclined]
    assert not gone.hold_open
    assert gone.state is S.CAPTURE_DECLINED
    assert more == []


evidence = st.lists(
    st.builds(seen, st.sampled_from(list(H)), st.integers(0, 5000)).filter(
        lambda each: (each.state is H.CAPTURED) == bool(each.captured.minor)
    ),
    max_size=8,
)


@given(evidence, st.sampled_from(list(S)), st.booleans())
def test_whatever_is_told_in_whatever_order_a_payment_walks_its_ways_only(
    told: list[HoldSeen], begins: PaymentState, was_held: bool
) -> None:
    now = payment(begins, was_held=was_held)
    for each in told:
        after, facts = rules.learned(now, each, NOON)

        assert rules.may_become(now.state, after.state)
        assert len(facts) <= 1
        if rules.is_over(now.state):
            assert after.state is now.state
            assert after.captured_minor == now.captured_minor
            assert facts == []
        now = after


def test_no_way_leads_back_from_an_end() -> None:
    over = {state for state in S if rules.is_over(state)}

    assert over == {S.CAPTURED, S.RELEASED, S.DECLINED, S.CAPTURE_DECLINED, S.EXPIRED}
    assert set(rules.WALK) == set(S)
    assert set(rules.BEGINS) == set(Verb)


@pytest.mark.parametrize(
    ("cost", "taken"),
    [(1166, 1166), (5000, 5000), (5001, 5000), (1, 1)],
)
def test_never_more_is_taken_than_was_held(cost: int, taken: int) -> None:
    assert rules.to_capture(Money(cost, EUR), Money(5000, EUR)) == Money(taken, EUR)


@pytest.mark.parametrize(
    ("cost", "hold", "lasted_s", "seconds"),
    [
        pytest.param(0, 5000, 0, 5, id="its pace is not known yet"),
        pytest.param(30, 60, 59, 5, id="a small hold, and a fast station"),
        pytest.param(0, 5000, 3600, 60, id="it costs nothing so far"),
        pytest.param(2500, 5000, 3600, 60, id="an hour is left"),
        pytest.param(4900, 5000, 3600, 36.734693, id="73 s are left"),
        pytest.param(4999, 5000, 3600, 0.360072, id="less than a second is left"),
        pytest.param(5000, 5000, 3600, 0, id="used up"),
        pytest.param(5001, 5000, 3600, 0, id="more than used up"),
        pytest.param(0, 0, 3600, 0, id="nothing is held"),
    ],
)
def test_a_running_cost_is_looked_at_before_its_pace_can_use_up_the_hold(
    cost: int, hold: int, lasted_s: int, seconds: float
) -> None:
    again = rules.look_again_after(
        Money(cost, EUR), Money(hold, EUR), lasted=timedelta(seconds=lasted_s)
    )

    assert again.total_seconds() == pytest.approx(seconds, abs=1e-5)


@pytest.mark.parametrize(
    ("refunded", "promised", "asked", "may"),
    [
        pytest.param(0, 0, 1000, True, id="all of it"),
        pytest.param(0, 0, 1001, False, id="more than was taken"),
        pytest.param(400, 0, 600, True, id="the rest"),
        pytest.param(400, 600, 1, False, id="the rest is promised already"),
        pytest.param(0, 0, 0, False, id="nothing"),
        pytest.param(0, 0, -5, False, id="less than nothing"),
    ],
)
def test_refund(refunded: int, promised: int, asked: int, may: bool) -> None:
    captured = payment(S.CAPTURED, was_held=True, captured_minor=1000, refunded_minor=refunded)

    assert rules.may_refund(captured, Money(asked, EUR), promised) is may


def test_what_was_not_taken_cannot_be_given_back() -> None:
    assert not rules.may_refund(payment(S.HELD, was_held=True), Money(1, EUR), 0)
