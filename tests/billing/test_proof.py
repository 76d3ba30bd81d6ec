"""The proof of a bill: made again from its frames, and no change of it goes unnamed."""

import json
from collections.abc import Callable
from dataclasses import replace as changed
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.billing.proofs import (
    DOOR,
    NEIGHBOUR,
    TARIFF,
    TOKEN,
    a_proof,
    basis,
    evidence,
    receipt_of,
    told,
    wrong,
)
from tests.billing.test_cdrs_written import uuid
from voltway.billing import documents, documents_proof, rules_proof
from voltway.billing.documents import Decided
from voltway.billing.documents_proof import Document, NotAProof, Proof, fingerprint, sealed
from voltway.billing.proof import FramesGone, NotProved, proof_of
from voltway.cli.main import app, run
from voltway.ocpp.own_frames import TokenNotHidden, mask

whole = cache(a_proof)


@cache
def file() -> str:
    return documents_proof.written(whole()).decode()


def test_a_bill_is_made_again_from_its_proof_step_by_step() -> None:
    said = [step.says for step in rules_proof.check(whole(), DOOR.hear)]

    assert wrong(whole()) == []
    assert whole().sum.total_minor == 659  # 11 kWh at 0.49 and an hour at 1.20
    assert "It begins at the register 50 kWh, which the start told." in said
    assert "The frames tell 5 readings, 1 of which were set aside." in said
    assert "11 kWh of energy at 0.49 EUR per kWh: 5.39 EUR." in said
    assert "1 h of charging at 1.2 EUR per hour: 1.2 EUR." in said
    assert "Together that is 6.59 EUR, rounded half-up to 6.59 EUR." in said
    assert said[-1] == "The seal holds: nothing else in the file was changed."
    [aside] = [each for each in whole().readings if each.part == "aside"]
    assert (aside.register_wh, aside.why) == (0, "It is below the register of the start.")


@pytest.mark.parametrize(
    ("decided", "total_minor", "says"),
    [
        (Decided(choice="energy", energy_wh=6_000, reason="A load bank."), 414, "by 6 kWh"),
        (Decided(choice="free", energy_wh=None, reason="A test."), 0, "it is not billed: A test."),
        (Decided(choice="readings", energy_wh=None, reason="Seen."), 659, "by its readings: Seen."),
    ],
)
def test_a_bill_that_a_person_decided_is_proved_with_the_decision_and_its_reason(
    decided: Decided, total_minor: int, says: str
) -> None:
    proof = a_proof(decided)

    assert wrong(proof) == []
    assert proof.sum.total_minor == total_minor
    assert any(says in step.says for step in rules_proof.check(proof, DOOR.hear))


def test_the_tax_of_the_place_and_what_was_granted_are_told() -> None:
    document = documents.cdr(whole().cdr.text)
    taxed = documents.Taxed(
        country="FI", rate="25.5", table="2026", table_sha256="0" * 64, why="Its standard rate."
    )
    granted = documents.Granted(kind="percent", value="10", name="SPRING", source=str(uuid(1)))
    told = replace(document, taxed=taxed, granted=(granted,))

    said = [step.says for step in rules_proof.terms(told)]

    assert said == [
        f"The tariff leaves the tax to the place: 25.5 % in FI, by 2026 (SHA-256 {'0' * 64})."
        " Its standard rate.",
        "SPRING was granted: percent of 10.",
    ]


def test_the_same_bill_gives_the_same_file_and_it_is_read_back() -> None:
    assert documents_proof.written(a_proof()).decode() == file()
    assert documents_proof.read(file().encode()) == whole()


def test_nobody_else_is_in_it_and_of_the_token_only_its_end() -> None:
    assert TOKEN in json.dumps([frame.text.decode() for frame in told()])
    assert TOKEN not in file()
    assert mask(TOKEN) in file()
    assert mask(TOKEN).endswith(TOKEN[-4:])
    assert NEIGHBOUR not in file()
    assert "900000" not in file()
    assert len(whole().frames) == 6  # start and its answer, three readings, stop
    assert sum(frame.hidden for frame in whole().frames) == 2


@given(some.data())
@settings(max_examples=150)
def test_whatever_byte_is_changed_the_check_finds_it(data: some.DataObject) -> None:
    raw = file()
    at = data.draw(some.integers(0, len(raw) - 1))
    other = data.draw(some.characters(min_codepoint=32, max_codepoint=126))
    forged = raw[:at] + other + raw[at + 1 :]
    try:
        read = documents_proof.read(forged.encode())
    except NotAProof:
        return
    assert read == whole() or wrong(read), f"{raw[at]!r} became {other!r} at {at}"


def with_frame(nth: int, old: str, new: str) -> Callable[[Proof], Proof]:
    """A frame that says something else, and the hash beside it made to fit."""

    def change(proof: Proof) -> Proof:
        frames = list(proof.frames)
        text = frames[nth].text.replace(old, new)
        assert text != frames[nth].text
        frames[nth] = replace(frames[nth], text=text, sha256=fingerprint(text))
        return replace(proof, frames=tuple(frames))

    return change


def with_text(name: str, old: str, new: str) -> Callable[[Proof], Proof]:
    """A document that says something else, and the hash beside it made to fit."""

    def change(proof: Proof) -> Proof:
        document = getattr(proof, name)
        text = document.text.replace(old, new)
        assert text != document.text
        forged = replace(document, text=text, sha256=fingerprint(text))
        return replace(proof, **{name: forged})

    return change


def with_reading(proof: Proof) -> Proof:
    readings = list(proof.readings)
    readings[1] = replace(readings[1], register_wh=54_000)
    return replace(proof, readings=tuple(readings))


FORGERIES: list[tuple[str, Callable[[Proof], Proof], str]] = [
    (
        "the start's register",
        with_frame(0, "50000", "40000"),
        "The CDR says 11 kWh, the frames 21 kWh.",
    ),
    (
        "the stop's register",
        with_frame(5, "61000", "60000"),
        "The CDR says 11 kWh, the frames 10 kWh.",
    ),
    (
        "a reading between",
        with_frame(4, "57000", "58000"),
        "is 57 kWh at 2026-03-02T12:40:00+00:00 (shape) in the file, recomputed 58 kWh",
    ),
    (
        "the time of the stop",
        with_frame(5, "13:00:00", "12:50:00"),
        "The CDR says that it ended at 2026-03-02T13:00:00+00:00, the frames at"
        " 2026-03-02T12:50:00+00:00.",
    ),
    ("a reading in the list", with_reading, "Reading 2 is 54 kWh"),
    (
        "a price",
        with_text("tariff", "0.49", "0.59"),
        "The CDR says 6.59 EUR in total, recomputed it is 7.69 EUR.",
    ),
    (
        "a rate",
        with_text("tariff", "25.5", "24"),
        "Tax 1 is 134 minor units at 25.5 in the CDR, recomputed 128 minor units at 24.",
    ),
    (
        "the total in the sum",
        lambda proof: replace(proof, sum=replace(proof.sum, total_minor=559)),
        "The file says 5.59 EUR in total, recomputed it is 6.59 EUR.",
    ),
    (
        "the total in the CDR",
        with_text("cdr", '"total_minor":659', '"total_minor":759'),
        "The receipt and the CDR do not agree: the fingerprint of the CDR is another.",
    ),
    (
        "the total on the receipt",
        with_text("receipt", '"total_minor":659', '"total_minor":559'),
        "The receipt and the CDR do not agree: the total is another.",
    ),
    (
        "what the EVSE can give",
        lambda proof: replace(proof, basis=replace(proof.basis, power_w_max=5_000)),
        "The CDR says 11 kWh, the frames",
    ),
    (
        "how it is explained",
        lambda proof: replace(proof, energy=("It is so.",)),
        "The file explains the energy otherwise than its frames do.",
    ),
]


@pytest.mark.parametrize(("forge", "says"), [each[1:] for each in FORGERIES], ids=lambda x: "")
def test_a_forgery_with_hashes_and_seal_made_to_fit_is_found_and_named(
    forge: Callable[[Proof], Proof], says: str
) -> None:
    found = wrong(sealed(forge(whole())))

    assert any(says in each for each in found), found


def test_whichever_frame_is_taken_out_the_check_finds_it() -> None:
    for nth in range(len(whole().frames)):
        frames = whole().frames
        less = sealed(replace(whole(), frames=frames[:nth] + frames[nth + 1 :]))
        assert wrong(less), f"frame {nth}"


def test_a_changed_frame_is_named_by_its_place_and_moment() -> None:
    frames = list(whole().frames)
    frames[4] = replace(frames[4], text=frames[4].text.replace("57000", "58000"))

    found = wrong(replace(whole(), frames=tuple(frames)))

    assert (
        "Frame 5 (2026-03-02T12:40:00+00:00) was changed: its SHA-256 is not the one beside it."
        in found
    )


def test_the_fingerprint_on_the_receipt_ties_the_file_to_the_paper() -> None:
    printed = fingerprint(whole().receipt.text)
    spaced = " ".join(printed[at : at + 8] for at in range(0, 64, 8)).upper()

    assert wrong(whole(), spaced) == []
    [other] = wrong(whole(), "0" * 64)
    assert "they are not the same receipt" in other


def test_a_bill_that_does_not_come_out_of_its_frames_is_not_proved() -> None:
    found = evidence(told(), basis())
    tariff = Document(name="DAY", text=TARIFF, sha256=fingerprint(TARIFF))
    other = evidence([*told()[:-4]], basis())  # without its stop
    with pytest.raises(NotProved):
        proof_of(receipt_of(found), changed(found, frames=other.frames[:5]), tariff, DOOR)
    with pytest.raises(FramesGone):
        proof_of(receipt_of(found), changed(found, frames=()), tariff, DOOR)


def test_a_token_that_cannot_be_hidden_is_not_given_away() -> None:
    [start, *_] = told()
    sly = replace(start, text=start.text.replace(b'"idTag"', b'"\\u0069dTag"'))

    with pytest.raises(TokenNotHidden):
        DOOR.hidden(sly)


@pytest.mark.parametrize(
    ("forge", "status", "last"),
    [
        (lambda raw: raw, 0, "The bill VLT-R2026-000118 is right: 6.59 EUR."),
        (lambda raw: raw.replace("57000", "58000"), 1, "do not believe this bill."),
        (lambda raw: raw.replace('"version": 1', '"version": 9'), 2, "reads version 1."),
        (lambda raw: raw[:1000], 2, "no proof that can be read"),
    ],
)
def test_the_command_says_each_step_and_ends_by_what_it_found(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    forge: Callable[[str], str],
    status: int,
    last: str,
) -> None:
    at = tmp_path / "a.proof.json"
    at.write_text(forge(file()))

    assert run(app, ["check", str(at)]) == status

    printed = capsys.readouterr()
    told_last = (printed.out + printed.err).strip().splitlines()[-1]
    assert last in told_last
