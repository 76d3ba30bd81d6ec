"""What the proof of a document tells of its sum, in sentences."""

from collections.abc import Iterator
from typing import Final

from voltway.billing import documents_invoice, documents_statement
from voltway.billing.documents_invoice import NET_LEADING, InvoiceDocument
from voltway.billing.documents_proofs import DocumentProof
from voltway.billing.documents_statement import StatementDocument
from voltway.billing.model import DocumentKind
from voltway.billing.rules_proof_sum import money
from voltway.billing.rules_tax import Category

#: So many lines are told by themselves; of a long statement the rest in one sentence.
TOLD_MAX: Final = 5


def steps_of(proof: DocumentProof) -> list[str]:
    """Each step of the sum, in sentences; nothing where the file is not what it says."""
    try:
        match proof.kind:
            case DocumentKind.INVOICE:
                return list(_invoice_steps(documents_invoice.invoice(proof.document.text)))
            case DocumentKind.CREDIT_NOTE:
                return list(_credit_steps(proof))
            case _:
                made = documents_statement.statement(proof.document.text)
                return list(_statement_steps(made))
    except Exception:  # noqa: BLE001 - what cannot be read is told by the check
        return []


def total_of(proof: DocumentProof) -> str:
    """What the document comes to."""
    if proof.kind == DocumentKind.STATEMENT:
        stated = documents_statement.statement(proof.document.text)
        return money(stated.total_minor, stated.currency)
    made = documents_invoice.invoice(proof.document.text)
    return money(made.total_minor, made.currency)


def _invoice_steps(made: InvoiceDocument) -> Iterator[str]:
    assert made.refers is not None
    yield (
        f"{made.number} takes the place of {made.refers.number}: it is the same supply,"
        f" {money(made.total_minor, made.currency)}."
    )
    yield from _tax_steps(made)


def _tax_steps(made: InvoiceDocument) -> Iterator[str]:
    for part in made.taxes:
        net, tax = money(part.net_minor, made.currency), money(part.tax_minor, made.currency)
        if part.category == Category.REVERSE_CHARGE:
            yield f"On {net} the buyer owes the tax, so none is on it."
        elif part.rate is None:
            yield f"For {net} no tax is stated."
        else:
            yield f"{net} are taxed at {part.rate} %: {tax}."
    if made.rounding_minor:
        rest = money(made.rounding_minor, made.currency)
        yield f"Net and tax miss the total by {rest}, which stands as rounding."


def _credit_steps(proof: DocumentProof) -> Iterator[str]:
    made = documents_invoice.invoice(proof.document.text)
    before = sum(documents_invoice.invoice(each.text).total_minor for each in proof.taken)
    assert made.refers is not None
    yield (
        f"Of {made.refers.number}, {money(before, made.currency)} was taken off before, and"
        f" {money(made.total_minor, made.currency)} is now: {made.reason}"
    )
    yield from _tax_steps(made)


def _statement_steps(made: StatementDocument) -> Iterator[str]:
    for line in made.charges[:TOLD_MAX]:
        yield f"{line.number}: {money(line.net_minor, made.currency)} net."
    if len(made.charges) > TOLD_MAX:
        rest = sum(line.net_minor for line in made.charges[TOLD_MAX:])
        yield f"{len(made.charges) - TOLD_MAX} more: {money(rest, made.currency)} net."
    for tax in made.taxes:
        net, minor = money(tax.net_minor, made.currency), money(tax.tax_minor, made.currency)
        if tax.rate is None:
            yield f"For {net} no tax is stated."
        elif made.rounding == NET_LEADING:
            yield f"{net} are taxed at {tax.rate} %, once on their sum: {minor}."
        else:
            yield f"{net} are taxed at {tax.rate} %, as on the receipts: {minor}."
    yield f"Together that is {money(made.total_minor, made.currency)}."
