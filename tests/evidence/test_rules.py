"""What is billable, in the words of the trade: one thing wrong at a time, signed by our keys."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.evidence.signing import BEGIN, END, Meter, found
from voltway.evidence import rules
from voltway.evidence.model import INVALIDATES, SAYS, Flaw, Verdict

METER = Meter()


def flaws(*readings: dict[str, Any], **more: Any) -> tuple[Flaw, ...]:
    return found(METER.ocmf(*readings, **more), METER.public).flaws


def test_a_whole_charge_of_a_good_meter_is_valid() -> None:
    finding = found(METER.ocmf(), METER.public)

    assert (finding.verdict, finding.flaws) == (Verdict.VALID, ())
    assert f"{finding.energy_wh:f}" == "12800.000"
    assert finding.meter == "M1"
    assert finding.begins is not None
    assert finding.begins.isoformat() == "2026-03-02T12:00:00+01:00"


ONE_WRONG: list[tuple[str, list[dict[str, Any]], dict[str, Any], tuple[Flaw, ...]]] = [
    ("a single reading", [BEGIN], {}, (Flaw.SINGLE_READING, Flaw.NO_END)),
    ("no begin", [END, END], {}, (Flaw.NO_BEGIN,)),
    ("two begins", [BEGIN, {**BEGIN, "RV": 2852}, END], {}, (Flaw.SEVERAL_BEGINS,)),
    ("two ends", [BEGIN, END, {**END, "RV": 2900}], {}, (Flaw.SEVERAL_ENDS,)),
    ("energy flagged", [BEGIN, {**END, "EF": "E"}], {}, (Flaw.ENERGY_FLAGGED,)),
    (
        "both flagged",
        [{**BEGIN, "EF": "Et"}, END],
        {},
        (Flaw.ENERGY_FLAGGED, Flaw.TIME_FLAGGED),
    ),
    ("meter exchanged", [BEGIN, {**END, "ST": "X"}], {}, (Flaw.METER_FAULTY,)),
    ("an exception between", [BEGIN, {**END, "TX": "X"}, END], {}, (Flaw.EXCEPTION,)),
    (
        "clock unknown",
        [{**BEGIN, "TM": "2026-03-02T12:00:00,000+0100 U"}, END],
        {},
        (Flaw.TIME_NOT_SYNCHRONISED,),
    ),
    (
        "clock not told",
        [{**BEGIN, "TM": "2026-03-02T12:00:00,000+0100"}, END],
        {},
        (Flaw.TIME_NOT_SYNCHRONISED,),
    ),
    (
        "relative, then not",
        [{**BEGIN, "TM": "2026-03-02T12:00:00,000+0100 R"}, END],
        {},
        (Flaw.TIME_NOT_SYNCHRONISED,),
    ),
    ("no time", [{**BEGIN, "TM": "noon"}, END], {}, (Flaw.TIME_UNREADABLE,)),
    (
        "the 30th of February",
        [BEGIN, {**END, "TM": "2026-02-30T13:00:00,000+0100 S"}],
        {},
        (Flaw.TIME_UNREADABLE,),
    ),
    (
        "time backwards",
        [BEGIN, {**END, "TM": "2026-03-02T11:00:00,000+0100 S"}],
        {},
        (Flaw.TIME_BACKWARDS,),
    ),
    ("register falls", [BEGIN, {**END, "RV": 2800}], {}, (Flaw.REGISTER_FELL,)),
    ("no number", [BEGIN, {**END, "RV": "many"}], {}, (Flaw.VALUE_UNREADABLE,)),
    ("unit of resistance", [BEGIN, {**END, "RU": "mOhm"}], {}, (Flaw.UNIT_WRONG,)),
    ("no unit", [{**BEGIN, "RU": ""}, {**END, "RU": ""}], {}, (Flaw.UNIT_WRONG,)),
    (
        "energy given back",
        [{**BEGIN, "RI": "1-b:2.8.0"}, {**END, "RI": "1-b:2.8.0"}],
        {},
        (Flaw.QUANTITY_WRONG,),
    ),
    ("errors counted", [{**BEGIN, "EI": 3}, {**END, "EI": 4}], {}, (Flaw.ERRORS_COUNTED,)),
    ("user in error", [BEGIN, END], {"IL": "MISMATCH"}, (Flaw.USER_ERROR,)),
    (
        "fiscal",
        [{**BEGIN, "TX": None}, {**END, "TX": None}],
        {"PG": "F7"},
        (Flaw.OUTSIDE_TRANSACTION,),
    ),
]


@pytest.mark.parametrize(
    ("readings", "more", "wanted"),
    [each[1:] for each in ONE_WRONG],
    ids=[each[0] for each in ONE_WRONG],
)
def test_a_good_signature_is_not_enough(
    readings: list[dict[str, Any]], more: dict[str, Any], wanted: tuple[Flaw, ...]
) -> None:
    finding = found(METER.ocmf(*readings, **more), METER.public)

    assert finding.flaws == wanted
    assert finding.verdict is Verdict.NOT_BILLABLE
    assert all(finding.says)


def test_what_a_reading_leaves_out_is_as_in_the_reading_before_it() -> None:
    assert flaws(BEGIN, {"TM": END["TM"], "TX": "E", "RV": END["RV"]}) == ()
    assert flaws({**BEGIN, "EF": "E"}, {"TM": END["TM"], "TX": "E", "RV": END["RV"]}) == (
        Flaw.ENERGY_FLAGGED,
    )


def test_energy_both_ways_is_billed_by_what_was_delivered() -> None:
    back = {"RV": 9.5, "RI": "1-b:2.8.0"}
    finding = found(METER.ocmf(BEGIN, back, {**END}, back), METER.public)

    assert finding.verdict is Verdict.VALID
    assert finding.energy_wh == 12_800


def test_a_price_by_time_wants_more_than_an_informative_clock() -> None:
    informative = METER.ocmf(
        {**BEGIN, "TM": "2026-03-02T12:00:00,000+0100 I"},
        {**END, "TM": "2026-03-02T13:00:00,000+0100 I"},
    )
    relative = METER.ocmf(
        {**BEGIN, "TM": "2026-03-02T12:00:00,000+0100 I"},
        {**END, "TM": "2026-03-02T13:00:00,000+0100 R"},
    )

    assert found(informative, METER.public).verdict is Verdict.VALID
    assert found(informative, METER.public, by_time=True).flaws == (Flaw.TIME_INFORMATIVE,)
    assert found(relative, METER.public, by_time=True).verdict is Verdict.VALID


def two(first: dict[str, Any], last: dict[str, Any], key: str | None = None) -> tuple[Flaw, ...]:
    texts = [METER.ocmf(BEGIN, **first), METER.ocmf(END, **last)]
    return found(texts, key or METER.public).flaws


def test_records_of_one_charge_belong_together() -> None:
    assert two({"PG": "T7"}, {"PG": "T8"}) == ()
    assert two({"PG": "T7"}, {"PG": "T9"}) == (Flaw.PAGE_MISSING,)
    assert two({"PG": "T7"}, {"PG": "T7"}) == (Flaw.PAGE_REPEATED,)
    assert two({"PG": "T7"}, {"PG": "seven"}) == (Flaw.PAGE_MISSING,)
    assert two({"PG": "T7", "MS": "M2"}, {"PG": "T8"}) == (Flaw.OTHER_METER,)
    assert two({"PG": "T7", "ID": "ann"}, {"PG": "T8", "ID": "bob"}) == (Flaw.OTHER_USER,)


def test_a_page_in_between_that_is_there_is_not_missing() -> None:
    between = {**BEGIN, "TX": "C", "RV": 2860}
    texts = [
        METER.ocmf(END, PG="T9"),
        METER.ocmf(BEGIN, PG="T7"),
        METER.ocmf(between, PG="T8"),
        METER.ocmf({**between, "TX": None}, PG="F30"),
    ]

    assert found(texts, METER.public).verdict is Verdict.VALID
    assert found([texts[0], texts[1]], METER.public).flaws == (Flaw.PAGE_MISSING,)


def test_a_record_sent_twice_is_one() -> None:
    text = METER.ocmf()

    assert found([text, text], METER.public) == found(text, METER.public)


def test_a_whole_record_beside_that_of_its_begin_is_enough() -> None:
    texts = [METER.ocmf(BEGIN, PG="T7"), METER.ocmf(PG="T8")]

    assert found(texts, METER.public).verdict is Verdict.VALID


def test_one_changed_digit_is_seen_wherever_it_is() -> None:
    text = METER.ocmf()
    changed = text.replace("2864.285", "2864.286")

    assert found(changed, METER.public).flaws == (Flaw.SIGNATURE_WRONG,)
    assert found(changed, METER.public).verdict is Verdict.INVALID
    both = [METER.ocmf(BEGIN, PG="T7"), METER.ocmf(END, PG="T8").replace("2864.285", "2900.285")]
    assert Flaw.SIGNATURE_WRONG in found(both, METER.public).flaws


def test_the_key_of_another_meter_proves_nothing() -> None:
    assert found(METER.ocmf(), Meter().public).flaws == (Flaw.SIGNATURE_WRONG,)
    assert found(METER.ocmf(), Meter(ec.SECP384R1()).public).flaws == (Flaw.KEY_OF_OTHER_CURVE,)


def test_without_a_registered_key_nothing_is_said_of_the_signature() -> None:
    finding = found(METER.ocmf(), None)

    assert (finding.verdict, finding.flaws) == (Verdict.UNCHECKED, (Flaw.NO_KEY,))


def test_the_registered_serial_number_must_be_that_of_the_meter() -> None:
    assert found(METER.ocmf(), METER.public, meter="M1").verdict is Verdict.VALID
    assert found(METER.ocmf(), METER.public, meter="M2").flaws == (Flaw.OTHER_METER,)


def test_a_bill_may_differ_by_what_the_meter_cannot_tell() -> None:
    exact = found(METER.ocmf(), METER.public)
    coarse = found(METER.ocmf({**BEGIN, "RV": 2851.5}, {**END, "RV": 2864.3}), METER.public)

    assert not rules.differs(exact, 12_800)
    assert not rules.differs(exact, 12_801)
    assert rules.differs(exact, 12_802)
    assert not rules.differs(coarse, 12_900)
    assert rules.differs(coarse, 12_901)


ALFEN = Meter(ec.SECP192R1())


def alfen(*records: str) -> tuple[Flaw, ...]:
    return found(list(records), ALFEN.point(compressed=True).hex()).flaws


def test_begin_and_end_of_an_alfen_station_are_a_bill() -> None:
    begin, end = ALFEN.alfen(0, 15_762, 17), ALFEN.alfen(1, 19_000, 20)
    finding = found([begin, end], ALFEN.public)

    assert finding.verdict is Verdict.VALID
    assert finding.energy_wh == 3_238
    assert alfen(begin) == (Flaw.SINGLE_READING, Flaw.NO_END)
    assert alfen(begin, ALFEN.alfen(1, 15_000, 20)) == (Flaw.REGISTER_FELL,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 20, session=6)) == (Flaw.OTHER_SESSION,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 17)) == (Flaw.PAGE_REPEATED,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 20, meter_state=2)) == (Flaw.METER_FAULTY,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 20, adapter_state=1 << 15)) == (Flaw.METER_FAULTY,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 20, meter_state=1)) == (Flaw.TIME_NOT_SYNCHRONISED,)
    assert alfen(begin, ALFEN.alfen(1, 19_000, 20, unit=27)) == (Flaw.UNIT_WRONG,)
    assert alfen(begin, Meter(ec.SECP192R1()).alfen(1, 19_000, 20)) == (
        Flaw.SIGNATURE_WRONG,
        Flaw.FOREIGN_KEY,
    )


def test_records_of_two_formats_are_no_charge() -> None:
    assert Flaw.FORMATS_MIXED in found([METER.ocmf(), ALFEN.alfen(0, 1, 1)], METER.public).flaws


def test_each_flaw_has_its_sentence() -> None:
    assert set(SAYS) == set(Flaw)
    assert set(Flaw) >= INVALIDATES
