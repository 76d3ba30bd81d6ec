"""A bill made again from its proof, step by step in plain words; and what a change of it betrays.

Nothing here opens a database, a file or a clock. Each step says what was looked at and whether it
holds, so that somebody who reads them knows why the bill is what it is, or where it is wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final, TypeVar

from voltway.billing import documents, freezing, rules_amounts, rules_review
from voltway.billing.documents import CdrDocument, Receipt
from voltway.billing.documents_proof import (
    Document,
    Line,
    Proof,
    Reading,
    Tax,
    fingerprint,
    seal_of,
)
from voltway.billing.freezing import utc
from voltway.billing.recomputing import GRAIN, Hearing
from voltway.billing.rules_proof_sum import Made, in_kwh, money, readings_of, sum_of
from voltway.kernel.money import Currency
from voltway.sessions import rules_owed, rules_record
from voltway.sessions.rules_again import Basis, told_again
from voltway.stations.model import Direction, KeptFrame
from voltway.tariffs.model import Tariff
from voltway.tariffs.ocpi import read_tariff

T = TypeVar("T")

#: So many differences of one kind are told; a changed price changes every line after it.
TOLD_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at."""

    holds: bool
    says: str


def make(
    basis: Basis,
    frames: Sequence[KeptFrame],
    document: CdrDocument,
    tariff: Tariff | None,
    hear: Hearing,
) -> Made:
    """The session and its bill out of its frames. Raises ``NotTold``."""
    told = told_again(basis, hear(frames))
    record = rules_review.by_energy(told.record, document.decided)
    cost = rules_owed.nothing(Currency(document.currency))
    if tariff is not None and document.charged:
        cost = rules_owed.cost(record, tariff, freezing.grants_of(document))
    evidence = rules_record.evidence_for(told.session, told.rows, basis.read_at)
    return Made(record, cost, rules_amounts.bill(cost), evidence)


def check(proof: Proof, hear: Hearing, printed: str | None = None) -> Iterator[Step]:
    """Everything that a proof claims, looked at. ``printed``: the fingerprint on the receipt."""
    yield from _texts(proof)
    yield from _printed(proof, printed)
    try:
        yield from list(_made_again(proof, hear))
    except Exception as trouble:  # noqa: BLE001 - whatever a changed file leads to, it is told
        said = str(trouble) or type(trouble).__name__
        yield Step(False, f"The bill cannot be made again from this file: {said}")
    sealed = seal_of(proof) == proof.seal
    yield Step(
        sealed,
        "The seal holds: nothing else in the file was changed."
        if sealed
        else "The file was changed after it was made: its seal does not hold.",
    )


def _made_again(proof: Proof, hear: Hearing) -> Iterator[Step]:
    receipt = documents.receipt(proof.receipt.text)
    document = documents.cdr(proof.cdr.text)
    tariff = freezing.as_billed(read_tariff(proof.tariff.text), document) if proof.tariff else None
    made = make(proof.basis, kept(proof), document, tariff, hear)
    yield from _metering(proof, made, document)
    yield from _pricing(proof, made, document, tariff)
    yield from agreeing(receipt, proof.cdr, document)


def kept(proof: Proof) -> list[KeptFrame]:
    """The frames of a proof, as the house keeps them."""
    return [
        KeptFrame(
            proof.basis.station,
            Direction.SAID if frame.said else Direction.HEARD,
            datetime.fromisoformat(frame.at),
            frame.text.encode(),
        )
        for frame in proof.frames
    ]


def _texts(proof: Proof) -> Iterator[Step]:
    """Every text beside its own SHA-256."""
    changed = [
        f"Frame {nth} ({frame.at}) was changed: its SHA-256 is not the one beside it."
        for nth, frame in enumerate(proof.frames, 1)
        if not frame.holds
    ]
    named = [("The receipt", proof.receipt), ("The CDR", proof.cdr)]
    if proof.tariff is not None:
        named.append(("The tariff", proof.tariff))
    changed += [
        f"{what} {one.name} was changed: its SHA-256 is not the one beside it."
        for what, one in named
        if not one.holds
    ]
    for said in changed:
        yield Step(False, said)
    if not changed:
        hidden = sum(frame.hidden for frame in proof.frames)
        yield Step(
            True,
            f"{len(proof.frames)} frames, the receipt, the CDR and the tariff are as they were"
            f" sealed; in {hidden} of the frames the token is hidden but for its end.",
        )


def _printed(proof: Proof, printed: str | None) -> Iterator[Step]:
    found = fingerprint(proof.receipt.text)
    if printed is None:
        yield Step(
            True,
            f"The receipt {proof.receipt.name} in this file has the fingerprint {found}."
            " Compare it with the one that is printed on your receipt.",
        )
        return
    asked = "".join(printed.split()).lower()
    same = asked == found
    yield Step(
        same,
        "The fingerprint that is printed on your receipt is that of the receipt in this file."
        if same
        else f"Your receipt has the fingerprint {asked}, the one in this file {found}:"
        " they are not the same receipt.",
    )


def _metering(proof: Proof, made: Made, document: CdrDocument) -> Iterator[Step]:
    """From the frames to the energy."""
    record, evidence = made.record, made.evidence
    readings = readings_of(evidence)
    yield from _compared(
        "Reading",
        proof.readings,
        readings,
        f"The frames tell {len(readings)} readings, {len(evidence.aside)} of which were set aside.",
    )
    for said in evidence.steps:
        yield Step(True, said)
    if proof.energy != evidence.steps:
        yield Step(False, "The file explains the energy otherwise than its frames do.")
    if document.decided is not None:
        yield Step(True, decision(document))
    for what, at, moment in (
        ("began", document.visit.begins, record.begins),
        ("ended", document.visit.ends, record.ends),
    ):
        if abs(datetime.fromisoformat(at) - moment) >= GRAIN:
            yield Step(False, f"The CDR says that it {what} at {at}, the frames at {utc(moment)}.")
    for what, wh in (("The file", proof.energy_wh), ("The CDR", document.visit.energy_wh)):
        if wh != record.energy_wh:
            yield Step(
                False, f"{what} says {in_kwh(wh)} kWh, the frames {in_kwh(record.energy_wh)} kWh."
            )
    yield from _points(document, [(point.at, int(point.energy_wh)) for point in record.points])


def _points(document: CdrDocument, told: Sequence[tuple[datetime, int]]) -> Iterator[Step]:
    """The course of the meter, as the CDR has it and as the frames tell it."""
    for was, now in zip_longest(document.points, told):
        if was is not None and now is not None:
            near = abs(datetime.fromisoformat(was[0]) - now[0]) < GRAIN
            if near and was[1] == now[1]:
                continue
        said = "nothing" if now is None else f"{in_kwh(now[1])} kWh at {utc(now[0])}"
        told_was = "nothing" if was is None else f"{in_kwh(was[1])} kWh at {was[0]}"
        yield Step(False, f"The CDR has the meter as {told_was}, the frames as {said}.")
        return


def decision(document: CdrDocument) -> str:
    """What a person decided of a doubtful session, in a sentence."""
    decided = document.decided
    assert decided is not None
    how = {
        "readings": "it is billed by its readings",
        "energy": f"it is billed by {in_kwh(decided.energy_wh or 0)} kWh",
        "free": "it is not billed",
    }[decided.choice]
    return f"The session was doubtful, and a person decided that {how}: {decided.reason}"


def _pricing(
    proof: Proof, made: Made, document: CdrDocument, tariff: Tariff | None
) -> Iterator[Step]:
    """From the energy and the times to the total."""
    now = sum_of(made, tariff)
    yield from terms(document)
    was = proof.sum
    yield from _compared("Line", was.lines, now.lines, None)
    yield from _compared("Tax", was.taxes, now.taxes, None)
    for said in now.steps:
        yield Step(True, said)
    if (was.exact, was.currency) != (now.exact, now.currency):
        yield Step(
            False,
            f"The file says {was.exact} {was.currency} before rounding,"
            f" the prices make {now.exact} {now.currency}.",
        )
    for what, minor in (("The file", was.total_minor), ("The CDR", document.total_minor)):
        if minor != now.total_minor:
            yield Step(
                False,
                f"{what} says {money(minor, now.currency)} in total,"
                f" recomputed it is {money(now.total_minor, now.currency)}.",
            )
    if was.steps != now.steps:
        yield Step(False, "The file explains the sum otherwise than its prices do.")
    lines = tuple(freezing.line_of(line, tariff) for line in made.bill.lines)
    yield from _compared("Line", document.lines, lines, None, where="the CDR")
    taxes = tuple(freezing.tax_of(tax) for tax in made.bill.taxes)
    yield from _compared("Tax", document.taxes, taxes, None, where="the CDR")


def terms(document: CdrDocument) -> Iterator[Step]:
    """What of the price is not the tariff's: the tax of the place, and what was granted."""
    if (taxed := document.taxed) is not None:
        yield Step(
            True,
            f"The tariff leaves the tax to the place: {taxed.rate} % in {taxed.country}, by"
            f" {taxed.table} (SHA-256 {taxed.table_sha256}). {taxed.why}",
        )
    for grant in document.granted:
        yield Step(True, f"{grant.name} was granted: {grant.kind} of {grant.value}.")


def agreeing(receipt: Receipt, cdr: Document, document: CdrDocument) -> Iterator[Step]:
    """Whether a receipt says what its CDR does."""
    wrong = []
    if receipt.cdr_sha256 != fingerprint(cdr.text):
        wrong.append("the fingerprint of the CDR")
    if receipt.lines != document.lines:
        wrong.append("the lines")
    if receipt.taxes != document.taxes:
        wrong.append("the taxes")
    if receipt.visit != document.visit:
        wrong.append("the visit")
    if (receipt.total_minor, receipt.currency) != (document.total_minor, document.currency):
        wrong.append("the total")
    for what in wrong:
        yield Step(False, f"The receipt and the CDR do not agree: {what} is another.")
    if not wrong:
        yield Step(True, f"The receipt {receipt.number} says the same as the CDR, and names it.")


def _compared(
    what: str,
    was: Sequence[T],
    now: Sequence[T],
    otherwise: str | None,
    *,
    where: str = "the file",
) -> Iterator[Step]:
    """The first places where two lists part; else a sentence."""
    parted = [
        (nth, one, other)
        for nth, (one, other) in enumerate(zip_longest(was, now), 1)
        if one != other
    ]
    for nth, one, other in parted[:TOLD_MAX]:
        yield Step(False, f"{what} {nth} is {_short(one)} in {where}, recomputed {_short(other)}.")
    if not parted and otherwise:
        yield Step(True, otherwise)


def _short(one: Reading | Line | Tax | object | None) -> str:
    match one:
        case None:
            return "not there"
        case documents.Line():
            return f"{one.kind} {one.billed_volume} at {one.price}, {one.gross_minor} minor units"
        case documents.Tax():
            return f"{one.tax_minor} minor units at {one.rate or 'no rate'}"
        case Reading():
            wh = one.register_wh
            register = "no register" if wh is None else f"{in_kwh(wh)} kWh"
            return f"{register} at {one.at} ({one.part})"
        case Line():
            price = f" at {one.price}" if one.price else ""
            return f"{one.kind} {one.billed_volume}{price}, {one.gross_minor} minor units"
        case Tax():
            return f"{one.tax_minor} minor units at {one.rate or 'no rate'}"
        case _:
            return str(one)
