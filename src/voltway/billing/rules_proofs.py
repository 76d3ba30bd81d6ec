"""An invoice, a credit note or a statement made again from its proof, step by step in plain words.

As of a receipt (``rules_proof``), nothing here opens a database, a file or a clock, and each step
says what was looked at and whether it holds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from voltway.billing import (
    documents,
    documents_invoice,
    documents_statement,
    rules_proof,
    rules_statements,
    statements,
)
from voltway.billing import rules_invoice as figures
from voltway.billing.documents import Receipt, Tax
from voltway.billing.documents_invoice import NET_LEADING, InvoiceDocument
from voltway.billing.documents_proof import Document, Proof, fingerprint
from voltway.billing.documents_proofs import DEEP, Bare, DocumentProof, seal_of
from voltway.billing.documents_statement import Charge, StatementDocument
from voltway.billing.model import DocumentKind
from voltway.billing.recomputing import Hearing
from voltway.billing.rules_credit import credit, left_minor
from voltway.billing.rules_invoice import Amounts
from voltway.billing.rules_proof import Step
from voltway.billing.rules_proof_sum import money
from voltway.billing.rules_proofs_sum import steps_of, total_of
from voltway.billing.rules_tax import Category
from voltway.kernel.money import Currency

#: Documents that a session is behind.
_OF_SESSIONS: Final = (
    DocumentKind.RECEIPT,
    DocumentKind.SIMPLIFIED,
    DocumentKind.INVOICE,
    DocumentKind.CREDIT_NOTE,
)


class _Kind(msgspec.Struct):
    kind: str


@dataclass(frozen=True, slots=True)
class Receipted:
    """A receipt that is behind a document, by its text."""

    document: Document
    made: Receipt
    from_frames: bool


def check(
    proof: DocumentProof, hear: Hearing, printed: str | None = None, *, deep: int = 0
) -> Iterator[Step]:
    """Everything that the proof of a document claims, looked at. ``printed``: the fingerprint on
    the document that somebody holds."""
    yield from _texts(proof)
    yield from _printed(proof, printed)
    yield from _sessions(proof, hear)
    try:
        yield from list(_made_again(proof, hear, deep))
    except Exception as trouble:  # noqa: BLE001 - whatever a changed file leads to, it is told
        said = str(trouble) or type(trouble).__name__
        yield Step(False, f"The document cannot be made again from this file: {said}")
    if proof.steps != tuple(steps_of(proof)):
        yield Step(False, "The file explains the sum otherwise than its documents do.")
    sealed = seal_of(proof) == proof.seal
    yield Step(
        sealed,
        "The seal holds: nothing else in the file was changed."
        if sealed
        else "The file was changed after it was made: its seal does not hold.",
    )


def _texts(proof: DocumentProof) -> Iterator[Step]:
    bare = [text for each in proof.bare for text in (each.receipt, each.cdr)]
    texts = (proof.document, *proof.refers, *proof.taken, *bare, *proof.others)
    changed = [text for text in texts if not text.holds]
    for text in changed:
        yield Step(False, f"{text.name} was changed: its SHA-256 is not the one beside it.")
    if not changed:
        yield Step(True, f"{len(texts)} documents in the file are as they were sealed.")


def _printed(proof: DocumentProof, printed: str | None) -> Iterator[Step]:
    found, name = fingerprint(proof.document.text), proof.document.name
    if printed is None:
        yield Step(
            True,
            f"The document {name} in this file has the fingerprint {found}."
            " Compare it with the one that is printed on yours.",
        )
        return
    asked = "".join(printed.split()).lower()
    yield Step(
        asked == found,
        "The fingerprint that is printed on yours is that of the document in this file."
        if asked == found
        else f"Yours has the fingerprint {asked}, the one in this file {found}:"
        " they are not the same document.",
    )


def _sessions(proof: DocumentProof, hear: Hearing) -> Iterator[Step]:
    """Each session's receipt made again from its own frames; all its steps where there is one."""
    tells_all = len(proof.sessions) == 1
    for each in proof.sessions:
        wrong = 0
        for step in rules_proof.check(each, hear):
            wrong += not step.holds
            if tells_all or not step.holds:
                yield Step(step.holds, f"{each.receipt.name}: {step.says}")
        if not wrong and not tells_all:
            total = money(each.sum.total_minor, each.sum.currency)
            yield Step(
                True,
                f"The receipt {each.receipt.name} is right: {total}, made again from"
                f" {len(each.frames)} frames.",
            )
    for kept in proof.bare:
        yield from _bare(kept)


def _bare(kept: Bare) -> Iterator[Step]:
    try:
        receipt, cdr = documents.receipt(kept.receipt.text), documents.cdr(kept.cdr.text)
    except Exception as trouble:  # noqa: BLE001 - whatever a changed file leads to, it is told
        yield Step(False, f"{kept.receipt.name} cannot be read: {trouble}")
        return
    wrong = [step for step in rules_proof.agreeing(receipt, kept.cdr, cdr) if not step.holds]
    yield from wrong
    if not wrong:
        yield Step(
            True,
            f"The receipt {kept.receipt.name} says the same as its CDR. The frames of its session"
            " are not kept any more, so it is not made again from them.",
        )


def _made_again(proof: DocumentProof, hear: Hearing, deep: int) -> Iterator[Step]:
    behind = _behind(proof)
    match proof.kind:
        case DocumentKind.INVOICE:
            made = documents_invoice.invoice(proof.document.text)
            yield from _named(proof, made)
            yield from _invoice(made, behind)
        case DocumentKind.CREDIT_NOTE:
            yield from _credit(proof, behind)
        case DocumentKind.STATEMENT:
            yield from _statement(proof, behind, hear, deep)
        case other:
            yield Step(False, f"{other!r} is no kind of document that can be proved.")
    for said in proof.steps:
        yield Step(True, said)


def _behind(proof: DocumentProof) -> dict[str, Receipted]:
    """The receipts behind a document, by their fingerprints."""
    texts: list[tuple[Document, bool]] = [(each.receipt, True) for each in proof.sessions]
    texts += [(each.receipt, False) for each in proof.bare]
    return {
        fingerprint(text.text): Receipted(text, documents.receipt(text.text), from_frames)
        for text, from_frames in texts
    }


def _named(proof: DocumentProof, made: InvoiceDocument) -> Iterator[Step]:
    """Whether what it says it refers to is what is in the file."""
    first = proof.refers[0] if proof.refers else None
    is_it = (
        first is not None
        and made.refers is not None
        and made.refers.sha256 == fingerprint(first.text)
    )
    if not is_it:
        yield Step(False, f"{made.number} refers to another document than the one in the file.")


def _invoice(made: InvoiceDocument, behind: Mapping[str, Receipted]) -> Iterator[Step]:
    """From the receipt to the invoice that took its place."""
    found = behind.get(made.refers.sha256) if made.refers else None
    if found is None:
        yield Step(False, f"The receipt that {made.number} takes the place of is not in the file.")
        return
    receipt, now = found.made, amounts_of(found.made, made)
    yield from _compared(made, now)
    if (made.visit, made.place) != (receipt.visit, receipt.place):
        yield Step(False, f"{made.number} and {receipt.number} tell of another visit.")


def amounts_of(receipt: Receipt, made: InvoiceDocument) -> Amounts:
    """The figures of the invoice for a receipt, made anew."""
    amounts = figures.of_receipt(receipt, by_machine=True)
    if any(part.category == Category.REVERSE_CHARGE for part in made.taxes):
        return figures.without_tax(amounts, Currency(receipt.currency))
    return amounts


def _compared(made: InvoiceDocument, now: Amounts) -> Iterator[Step]:
    was = figures.of_invoice(made)
    for what, one, other in (
        ("the lines", was.lines, now.lines),
        ("what is taken off", was.allowances, now.allowances),
        ("the taxes", was.taxes, now.taxes),
        ("the rounding mode", was.rounding, now.rounding),
    ):
        if one != other:
            yield Step(False, f"{made.number}: {what} came out otherwise when it was made again.")
    if was.total_minor != now.total_minor:
        yield Step(
            False,
            f"{made.number} says {money(was.total_minor, made.currency)},"
            f" made again it is {money(now.total_minor, made.currency)}.",
        )


def _credit(proof: DocumentProof, behind: Mapping[str, Receipted]) -> Iterator[Step]:
    """From what it credits to the credit note."""
    made = documents_invoice.invoice(proof.document.text)
    yield from _named(proof, made)
    original = _original(proof, behind)
    if original is None:
        yield Step(False, f"What {made.number} credits is not in the file.")
        return
    if (invoice := _invoice_of(proof)) is not None:
        yield from _invoice(invoice, behind)
    yield from _taken(proof)
    amount = made.net_minor if made.rounding == NET_LEADING else made.total_minor
    if not 0 < amount <= left_minor(original, _amounts(proof.taken)):
        yield Step(False, f"{made.number} takes off more than was left.")
        return
    now = credit(
        original,
        _amounts(proof.taken),
        amount,
        Currency(made.currency),
        by_machine=invoice is not None and invoice.buyer is not None,
    )
    yield from _compared(made, now)


def _original(proof: DocumentProof, behind: Mapping[str, Receipted]) -> Amounts | None:
    """The figures of what a credit note takes off: of an invoice, or of the receipt itself."""
    if (invoice := _invoice_of(proof)) is not None:
        return figures.of_invoice(invoice)
    found = behind.get(fingerprint(proof.refers[0].text)) if proof.refers else None
    return None if found is None else figures.of_receipt(found.made, by_machine=False)


def _invoice_of(proof: DocumentProof) -> InvoiceDocument | None:
    """The invoice that a credit note is of: then two documents are before it."""
    if len(proof.refers) < 2:
        return None
    return documents_invoice.invoice(proof.refers[0].text)


def _amounts(texts: tuple[Document, ...]) -> list[Amounts]:
    return [figures.of_invoice(documents_invoice.invoice(each.text)) for each in texts]


def _taken(proof: DocumentProof) -> Iterator[Step]:
    """Whether each earlier credit note is of the same documents."""
    known = {fingerprint(each.text) for each in proof.refers}
    for text in proof.taken:
        made = documents_invoice.invoice(text.text)
        of_the_same = made.refers is not None and made.refers.sha256 in known
        if made.kind != DocumentKind.CREDIT_NOTE or not of_the_same:
            yield Step(False, f"{made.number} is no credit note of the same.")


def _statement(
    proof: DocumentProof, behind: Mapping[str, Receipted], hear: Hearing, deep: int
) -> Iterator[Step]:
    """From the lines to the statement."""
    made = documents_statement.statement(proof.document.text)
    credits = {fingerprint(each.document.text): each for each in proof.credits}
    others = {fingerprint(each.text) for each in proof.others}
    for other in proof.others:
        if msgspec.json.decode(other.text, type=_Kind).kind in _OF_SESSIONS:
            yield Step(
                False, f"A session is behind {other.name}, and its proof is not in the file."
            )
    for each in proof.credits:
        yield from _corrected(each, hear, deep)
    for line in made.charges:
        if line.sha256 in others:
            said = f"{line.number} is a document of its own, which no session is behind."
            yield Step(True, said)
        elif (problem := _line_fault(line, behind, credits)) is not None:
            yield Step(False, problem)
    if len({line.sha256 for line in made.charges}) != len(made.charges):
        yield Step(False, f"{made.number} has a line twice.")
    stated = {line.sha256 for line in made.charges}
    for fingerprint_, found in behind.items():
        if fingerprint_ not in stated:
            yield Step(False, f"{found.document.name} is in the file and not on {made.number}.")
    now = rules_statements.taxes(
        (line.taxes for line in made.charges), made.rounding, Currency(made.currency)
    )
    yield from _same_taxes(made, now)


def _corrected(proof: DocumentProof, hear: Hearing, deep: int) -> Iterator[Step]:
    """A credit note on a statement, by its own proof."""
    if deep >= DEEP:
        yield Step(False, "The file goes deeper than a proof does.")
        return
    wrong = [step for step in check(proof, hear, deep=deep + 1) if not step.holds]
    yield from (Step(False, f"{proof.document.name}: {step.says}") for step in wrong)
    if not wrong:
        yield Step(True, f"The credit note {proof.document.name} is right: {total_of(proof)}.")


def _line_fault(
    line: Charge, behind: Mapping[str, Receipted], credits: Mapping[str, DocumentProof]
) -> str | None:
    """What is wrong with a line, if anything is."""
    if line.corrects is None:
        found = behind.get(line.sha256)
        if found is None:
            return f"The receipt {line.number} is on the statement and not in the file."
        now = statements.receipt_charge(found.made, sha256=line.sha256, vehicle=line.vehicle)
    else:
        proof = credits.get(line.sha256)
        if proof is None:
            return f"The credit note {line.number} is on the statement and not in the file."
        note = documents_invoice.invoice(proof.document.text)
        now = statements.credit_charge(
            note,
            sha256=line.sha256,
            at=note.visit.ends if note.visit else line.at,
            vehicle=line.vehicle,
            corrects=proof.refers[-1].name,
            stated_on=line.stated_on,
        )
    if now != line:
        return f"The line of {line.number} says something else than the document that it is of."
    return None


def _same_taxes(made: StatementDocument, now: tuple[Tax, ...]) -> Iterator[Step]:
    if made.taxes != now:
        yield Step(False, f"The taxes of {made.number} do not come out of its lines.")
    for what, was, minor in (
        ("net", made.net_minor, sum(tax.net_minor for tax in now)),
        ("tax", made.tax_minor, sum(tax.tax_minor for tax in now)),
        ("in total", made.total_minor, sum(tax.gross_minor for tax in now)),
    ):
        if was != minor:
            yield Step(
                False,
                f"{made.number} says {money(was, made.currency)} {what}, its lines make"
                f" {money(minor, made.currency)}.",
            )


def unproved(proof: DocumentProof | Proof) -> int:
    """How many of its receipts are not made again from frames."""
    if isinstance(proof, Proof):
        return 0
    return len(proof.bare) + sum(unproved(each) for each in proof.credits)
