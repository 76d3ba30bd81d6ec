"""What a person may decide of a doubtful session, and the session as it is billed then."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.billing.proofs import DOOR, basis, minute
from tests.billing.proofs import told as frames
from tests.billing.test_cdrs_written import PARTY, uuid
from voltway.billing.documents import Decided
from voltway.billing.rules_review import (
    NEVER_CHARGED,
    REASON_MAX,
    Choice,
    Decision,
    MoreThanCanBe,
    NoEnergyChosen,
    NoReasonForDecision,
    by_energy,
    checked,
    decided,
    said,
)
from voltway.kernel.ids import SettlementId
from voltway.kernel.units import EnergyWh
from voltway.sessions import rules_record
from voltway.sessions.model import SessionRecord
from voltway.sessions.rules_again import told_again
from voltway.sessions.rules_evidence import Evidence
from voltway.tariffs.model import MeterPoint

#: An hour with 11 kWh: 3 after a quarter, 7 after forty minutes.
TOLD = told_again(basis(), DOOR.hear(frames()))
RECORD = TOLD.record


def evidence(bound_wh: int) -> Evidence:
    found = rules_record.evidence_for(TOLD.session, TOLD.rows, basis().read_at)
    return msgspec.structs.replace(found, bound_wh=bound_wh)


def short(record: SessionRecord) -> list[tuple[int, int]]:
    """The course of the meter: minutes since noon, and Wh."""
    return [
        ((each.at - minute(0)) // timedelta(minutes=1), each.energy_wh) for each in record.points
    ]


@pytest.mark.parametrize(
    ("choice", "energy_wh", "kept"),
    [
        (Choice.READINGS, None, None),
        (Choice.READINGS, 99_999, None),
        (Choice.FREE, 5, None),
        (Choice.ENERGY, 0, 0),
        (Choice.ENERGY, 20_000, 20_000),
    ],
)
def test_energy_is_kept_where_it_was_chosen_up_to_what_the_evse_can_give(
    choice: Choice, energy_wh: int | None, kept: int | None
) -> None:
    found = checked(choice, energy_wh, " A load\nbank. ", evidence(20_000))

    assert found == (kept, "A load bank.")


@pytest.mark.parametrize("energy_wh", [None, -1])
def test_an_energy_must_be_told(energy_wh: int | None) -> None:
    with pytest.raises(NoEnergyChosen):
        checked(Choice.ENERGY, energy_wh, "Seen.", evidence(20_000))


def test_more_than_can_be_is_refused_with_the_most_that_can_be() -> None:
    with pytest.raises(MoreThanCanBe, match=r"^20\.001 kWh are more .*: 20 kWh at most"):
        checked(Choice.ENERGY, 20_001, "Seen.", evidence(20_000))


@pytest.mark.parametrize("reason", ["", "   ", "\n\t", "\u202e"])
def test_no_reason_is_refused_whatever_was_chosen(reason: str) -> None:
    with pytest.raises(NoReasonForDecision):
        checked(Choice.FREE, None, reason, evidence(20_000))


def test_a_reason_is_one_line_of_so_many_signs() -> None:
    assert said("  A\u0000load\nbank " + "x" * 600) == ("A load bank " + "x" * 600)[:REASON_MAX]


def test_without_a_decision_a_session_is_billed_as_it_is() -> None:
    assert decided(RECORD, PARTY, None) == (RECORD, PARTY)
    assert by_energy(RECORD, None) is RECORD
    readings = Decided(choice="readings", energy_wh=None, reason="Seen.")
    assert decided(RECORD, PARTY, readings) == (RECORD, PARTY)


def test_what_is_free_is_never_charged_whatever_flowed() -> None:
    record, party = decided(
        RECORD, PARTY, Decided(choice="free", energy_wh=None, reason="An outage.")
    )

    assert record is RECORD
    assert party == replace(PARTY, no_charge_below_wh=NEVER_CHARGED)


@pytest.mark.parametrize(
    ("energy_wh", "course"),
    [
        (22_000, [(15, 6_000), (40, 14_000), (60, 22_000)]),
        (5_000, [(15, 1_363), (40, 3_181), (60, 5_000)]),
        (0, [(15, 0), (40, 0), (60, 0)]),
    ],
)
def test_another_energy_flows_in_the_same_proportion(
    energy_wh: int, course: list[tuple[int, int]]
) -> None:
    chosen = Decided(choice="energy", energy_wh=energy_wh, reason="Seen.")

    record, party = decided(RECORD, PARTY, chosen)

    assert party is PARTY
    assert (record.energy_wh, short(record)) == (energy_wh, course)


def test_of_a_session_that_told_no_energy_the_end_has_all_of_it() -> None:
    chosen = Decided(choice="energy", energy_wh=4_000, reason="Seen.")
    flat = tuple(MeterPoint(point.at, 0) for point in RECORD.points)

    for points in ((), flat):
        record = by_energy(replace(RECORD, energy_wh=EnergyWh(0), points=points), chosen)
        assert short(record) == [(60, 4_000)]


def test_of_a_session_of_one_watt_hour_the_course_is_kept() -> None:
    chosen = Decided(choice="energy", energy_wh=4_000, reason="Seen.")
    points = (MeterPoint(minute(0), 0), MeterPoint(minute(30), 1))

    record = by_energy(replace(RECORD, energy_wh=EnergyWh(1), points=points), chosen)

    assert short(record) == [(0, 0), (30, 4_000), (60, 4_000)]


def test_a_bill_tells_what_was_decided_and_why_but_not_by_whom() -> None:
    decision = Decision(
        settlement=SettlementId(uuid(9)),
        party=PARTY.id,
        session=basis().session,
        choice=Choice.ENERGY,
        energy_wh=EnergyWh(4_000),
        reason="A load bank.",
        doubts=(),
        by="Olga",
        at=minute(90),
    )

    assert decision.frozen == Decided(choice="energy", energy_wh=4_000, reason="A load bank.")
