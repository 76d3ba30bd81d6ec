"""Makes the proof of an invoice, a credit note or a statement: the document, what it refers to, and
the proof of each session behind it.

A proof is checked before it is given away. Where the frames of a statement's session are not kept
any more, its receipt and CDR stand in the file instead, and the check says so; an invoice or credit
note of such a session cannot be proved, as its receipt cannot.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from voltway.billing import (
    documents_proof,
    documents_proofs,
    documents_statement,
    proof,
    rules_proofs,
    rules_proofs_sum,
    store_documents,
    store_statements,
)
from voltway.billing.documents_proof import BYTES_MAX, Document, Proof
from voltway.billing.documents_proofs import Bare, DocumentProof
from voltway.billing.model import DocumentKind, Invoice, Relation
from voltway.billing.proof import Door, FramesGone, NothingToProve, NotProved
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId
from voltway.runtime.work import Work

#: A proof of more lines than these is no file that anybody opens.
LINES_MAX: Final = 2_000
#: Who waits at a page waits for so many; more are proved at the machine.
LINES_ON_A_PAGE: Final = 300


@dataclass(eq=False)
class TooMuchToProve(Refusal):
    """
    {number} has {lines} lines, and here a proof has at most {most}. Ask for the proofs of its
    receipts, or, up to 2,000 lines, for `voltway prove` at the machine.
    """

    kind: ClassVar[Kind] = Kind.LIMIT

    number: str
    lines: int
    most: int


async def prove(work: Work, door: Door, id: InvoiceId, *, most: int = LINES_MAX) -> bytes:
    """The proof of a document, as a file. Raises ``FramesGone``, ``NotProved``, ``TooMuchToProve``
    and, where there is nothing of a session in it, ``NothingToProve``."""
    found = await store_documents.invoice(work, id)
    if found.is_receipt:
        return documents_proof.written(await proof.receipt_proof(work, door, found))
    made = await _proof(work, door, found, most)
    raw = documents_proofs.written(made)
    if len(raw) > BYTES_MAX:
        raise TooMuchToProve(found.number, len(made.sessions), most)
    return raw


async def _proof(work: Work, door: Door, found: Invoice, most: int) -> DocumentProof:
    match found.kind:
        case DocumentKind.INVOICE:
            open_ = await _of_invoice(work, door, found)
        case DocumentKind.CREDIT_NOTE:
            open_ = await _of_credit(work, door, found, bare=False)
        case DocumentKind.STATEMENT:
            if await store_statements.about(work, found.id) == documents_statement.HOME:
                raise NothingToProve(found.number)  # its drivers' statements name each CDR
            open_ = await _of_statement(work, door, found, most)
        case _:
            raise NothingToProve(found.number)
    return await _checked(open_, door)


async def _checked(open_: DocumentProof, door: Door) -> DocumentProof:
    explained = _explained(open_)
    for step in await asyncio.to_thread(lambda: list(rules_proofs.check(explained, door.hear))):
        if not step.holds:
            raise NotProved(explained.document.name, step.says)
    return explained


def _explained(open_: DocumentProof) -> DocumentProof:
    """The proof with the steps of its sum, and sealed."""
    fields = {name: getattr(open_, name) for name in open_.__struct_fields__}
    steps = tuple(rules_proofs_sum.steps_of(open_))
    return documents_proofs.sealed(DocumentProof(**{**fields, "steps": steps, "seal": ""}))


async def _of_invoice(work: Work, door: Door, found: Invoice) -> DocumentProof:
    if found.original is None:
        raise NothingToProve(found.number)
    receipt = await store_documents.invoice(work, found.original)
    return DocumentProof(
        kind=found.kind,
        document=_text(found),
        refers=(_text(receipt),),
        sessions=(await proof.receipt_proof(work, door, receipt),),
    )


async def _of_credit(work: Work, door: Door, found: Invoice, *, bare: bool) -> DocumentProof:
    """The proof of a credit note; ``bare``, where the frames may be gone."""
    assert found.original is not None, "a credit note refers to what it credits"
    first = await store_documents.invoice(work, found.original)
    chain = [first]
    if first.relation is Relation.REPLACES:
        assert first.original is not None, "what replaces has an original"
        chain.append(await store_documents.invoice(work, first.original))
    if not chain[-1].is_receipt:
        raise NothingToProve(found.number)
    before = await store_documents.referring_to(work, [each.id for each in chain])
    taken = [each for each in before if each.relation is Relation.CREDITS]
    earlier = taken[: [each.id for each in taken].index(found.id)]
    sessions, kept = await _receipts(work, door, [chain[-1]], bare=bare)
    return DocumentProof(
        kind=found.kind,
        document=_text(found),
        refers=tuple(map(_text, chain)),
        taken=tuple(map(_text, earlier)),
        sessions=sessions,
        bare=kept,
    )


async def _of_statement(work: Work, door: Door, found: Invoice, most: int) -> DocumentProof:
    made = documents_statement.statement(found.document)
    if len(made.charges) > most:
        raise TooMuchToProve(found.number, len(made.charges), most)
    numbers = [line.number for line in made.charges]
    items = await store_documents.numbered(work, found.party, numbers)
    receipts = [each for each in items if each.is_receipt]
    notes = [each for each in items if each.relation is Relation.CREDITS]
    others = [each for each in items if each not in receipts and each not in notes]
    sessions, kept = await _receipts(work, door, receipts, bare=True)
    credits = [
        await _checked(await _of_credit(work, door, each, bare=True), door) for each in notes
    ]
    return DocumentProof(
        kind=found.kind,
        document=_text(found),
        sessions=sessions,
        bare=kept,
        credits=tuple(credits),
        others=tuple(map(_text, others)),
    )


async def _receipts(
    work: Work, door: Door, receipts: Sequence[Invoice], *, bare: bool
) -> tuple[tuple[Proof, ...], tuple[Bare, ...]]:
    """The proofs of these receipts, one after the other, for the frames of a month are many."""
    sessions: list[Proof] = []
    kept: list[Bare] = []
    for receipt in receipts:
        try:
            sessions.append(await proof.receipt_proof(work, door, receipt))
        except FramesGone:
            if not bare:
                raise
            kept.append(await _bare(work, receipt))
    return tuple(sessions), tuple(kept)


async def _bare(work: Work, receipt: Invoice) -> Bare:
    assert receipt.session is not None, "a receipt has a session"
    cdr = await store_documents.cdr_of_session(work, receipt.session)
    assert cdr is not None, "a receipt is made of a CDR"
    text = cdr.document.decode()
    return Bare(
        receipt=_text(receipt),
        cdr=Document(name=str(cdr.id), text=text, sha256=documents_proof.fingerprint(text)),
    )


def _text(found: Invoice) -> Document:
    text = found.document.decode()
    return Document(name=found.number, text=text, sha256=documents_proof.fingerprint(text))
