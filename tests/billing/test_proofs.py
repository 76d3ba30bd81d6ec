"""The proof of an invoice, a credit note or a statement: made again from one file alone."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from tests.billing.proofs import DOOR, a_proof
from tests.billing.sample_statement import RECIPIENT
from tests.billing.test_rules_invoice import BUYER, SELLER
from voltway.billing import (
    documents,
    documents_proof,
    documents_proofs,
    rules_proofs,
    rules_statements,
    statements,
)
from voltway.billing import rules_invoice as figures
from voltway.billing.documents_invoice import InvoiceDocument, Refers, invoice
from voltway.billing.documents_proof import Document, NotAProof, fingerprint
from voltway.billing.documents_proofs import Bare, DocumentProof, sealed
from voltway.billing.documents_statement import Charge, StatementDocument
from voltway.billing.proofs import _explained as explained
from voltway.billing.rules_credit import credit
from voltway.billing.rules_invoice import Amounts
from voltway.kernel.money import EUR

AT = "2026-03-02T14:00:00+00:00"
Change = Callable[[DocumentProof], DocumentProof]


@cache
def session() -> documents_proof.Proof:
    return a_proof()


def the_receipt() -> documents.Receipt:
    return documents.receipt(session().receipt.text)


def text(made: InvoiceDocument | StatementDocument) -> Document:
    raw = documents.frozen(made)[0].decode()
    return Document(name=made.number, text=raw, sha256=fingerprint(raw))


def a_document(kind: str, number: str, amounts: Amounts, of: Document, **more: object) -> Document:
    receipt = the_receipt()
    fields = {
        "kind": kind,
        "number": number,
        "issued_at": AT,
        "zone": receipt.place.zone,
        "supplied_from": receipt.visit.begins,
        "supplied_to": receipt.visit.ends,
        "currency": receipt.currency,
        "seller": SELLER,
        "buyer": BUYER if kind == "invoice" else None,
        "paid_minor": 0,
        "place": receipt.place,
        "visit": receipt.visit,
        "refers": Refers(
            relation="replaces" if kind == "invoice" else "credits",
            number=of.name,
            issued_at=AT,
            sha256=of.sha256,
        ),
        **amounts.as_fields(),
        **more,
    }
    return text(InvoiceDocument(**fields))  # type: ignore[arg-type] # each is of its field's type


def an_invoice() -> Document:
    amounts = figures.of_receipt(the_receipt(), by_machine=True)
    return a_document("invoice", "VLT-I2026-000004", amounts, session().receipt)


def a_credit(minor: int, place: int, taken: tuple[Document, ...] = ()) -> Document:
    before = [figures.of_invoice(invoice(each.text)) for each in taken]
    whole = figures.of_receipt(the_receipt(), by_machine=False)
    amounts = credit(whole, before, minor, EUR, by_machine=False)
    number = f"VLT-C2026-00000{place}"
    return a_document("credit_note", number, amounts, session().receipt, reason="Dark")


@cache
def of_invoice() -> DocumentProof:
    return explained(
        DocumentProof(
            kind="invoice",
            document=an_invoice(),
            refers=(session().receipt,),
            sessions=(session(),),
        )
    )


@cache
def of_credit() -> DocumentProof:
    first = a_credit(100, 1)
    return explained(
        DocumentProof(
            kind="credit_note",
            document=a_credit(50, 2, (first,)),
            refers=(session().receipt,),
            taken=(first,),
            sessions=(session(),),
        )
    )


@cache
def of_credited_invoice() -> DocumentProof:
    whole = figures.of_invoice(invoice(an_invoice().text))
    amounts = credit(whole, [], 200, EUR, by_machine=True)
    note = a_document("credit_note", "VLT-C2026-000003", amounts, an_invoice(), buyer=BUYER)
    return explained(
        DocumentProof(
            kind="credit_note",
            document=note,
            refers=(an_invoice(), session().receipt),
            sessions=(session(),),
        )
    )


def lines() -> tuple[Charge, ...]:
    note = invoice(of_credit().document.text)
    return (
        statements.receipt_charge(the_receipt(), sha256=session().receipt.sha256, vehicle="Van 7"),
        statements.credit_charge(
            note,
            sha256=of_credit().document.sha256,
            at=the_receipt().visit.ends,
            vehicle="Van 7",
            corrects=the_receipt().number,
            stated_on=None,
        ),
    )


def a_statement(mode: str, charges: tuple[Charge, ...]) -> Document:
    taxes = rules_statements.taxes((line.taxes for line in charges), mode, EUR)
    receipt = the_receipt()
    return text(
        StatementDocument(
            kind="statement",
            number="VLT-S2026-000001",
            issued_at=AT,
            zone=receipt.place.zone,
            month="2026-03",
            due_on="2026-04-16",
            currency="EUR",
            rounding=mode,
            seller=receipt.seller,
            recipient=RECIPIENT,
            charges=charges,
            **statements.totals(taxes),
        )
    )


@cache
def of_statement(mode: str = "net-leading") -> DocumentProof:
    return explained(
        DocumentProof(
            kind="statement",
            document=a_statement(mode, lines()),
            sessions=(session(),),
            credits=(of_credit(),),
        )
    )


@cache
def of_bare_statement() -> DocumentProof:
    one = session()
    return explained(
        DocumentProof(
            kind="statement",
            document=a_statement("gross-leading", lines()[:1]),
            bare=(Bare(receipt=one.receipt, cdr=one.cdr),),
        )
    )


WHOLE = {
    "an invoice": of_invoice,
    "a credit note": of_credit,
    "a credit note of an invoice": of_credited_invoice,
    "a statement": of_statement,
    "a statement without frames": of_bare_statement,
}


def wrong(proof: DocumentProof, printed: str | None = None) -> list[str]:
    return [step.says for step in rules_proofs.check(proof, DOOR.hear, printed) if not step.holds]


@pytest.mark.parametrize("name", WHOLE)
def test_all_of_a_proof_holds_and_it_is_read_back_as_it_was_written(name: str) -> None:
    proof = WHOLE[name]()

    assert wrong(proof) == []
    assert documents_proofs.read(documents_proofs.written(proof)) == proof
    assert wrong(proof, proof.document.sha256.upper()) == []
    assert "not the same document" in wrong(proof, "0" * 64)[0]


def test_a_person_who_pays_gross_is_proved_by_the_taxes_of_the_receipts() -> None:
    assert wrong(of_statement("gross-leading")) == []
    assert "as on the receipts" in " ".join(of_statement("gross-leading").steps)


def test_the_steps_tell_how_the_sum_came_about() -> None:
    assert of_invoice().steps[0] == (
        "VLT-I2026-000004 takes the place of VLT-R2026-000118: it is the same supply, 6.59 EUR."
    )
    assert of_credit().steps[0] == (
        "Of VLT-R2026-000118, 1.00 EUR was taken off before, and 0.50 EUR is now: Dark"
    )
    assert of_statement().steps[-1] == "Together that is 6.09 EUR."
    assert rules_proofs.unproved(of_bare_statement()) == 1
    assert rules_proofs.unproved(of_statement()) == 0


def test_what_is_no_proof_or_of_another_version_is_refused() -> None:
    raw = documents_proofs.written(of_invoice())

    for forged, why in (
        (raw[:2000], "no proof that can be read"),
        (raw.replace(b'"version": 1', b'"version": 9'), "reads version 1"),
        (raw.replace(b"voltway-proof-of-document", b"voltway-proof-of-all"), "its format is"),
        (raw.replace(b'"taken"', b'"token"'), "no proof that can be read"),
        (b"[" * 100_000, "no proof that can be read"),
    ):
        with pytest.raises(NotAProof, match=why):
            documents_proofs.read(forged)


def forged(name: str, old: str, new: str) -> Change:
    """A document that says something else, with its hash made to fit."""

    def change(proof: DocumentProof) -> DocumentProof:
        before = getattr(proof, name)
        one = before[0] if isinstance(before, tuple) else before
        said = one.text.replace(old, new)
        assert said != one.text
        other = replace(one, text=said, sha256=fingerprint(said))
        after = (other, *before[1:]) if isinstance(before, tuple) else other
        return replace(proof, **{name: after})

    return change


def more_on_the_statement(proof: DocumentProof) -> DocumentProof:
    """A line whose receipt is not in the file, and totals that fit it."""
    twice = (*lines(), replace(lines()[0], number="VLT-R2026-000119", sha256="0" * 64))
    return replace(proof, document=a_statement("net-leading", twice))


def a_line_twice(proof: DocumentProof) -> DocumentProof:
    return replace(proof, document=a_statement("net-leading", (lines()[0], *lines())))


def as_another(proof: DocumentProof) -> DocumentProof:
    """The receipt's line made to pass for a document of its own."""
    return replace(proof, sessions=(), others=(session().receipt,))


def endless(proof: DocumentProof) -> DocumentProof:
    for _ in range(4):
        proof = sealed(replace(proof, kind="statement", credits=(proof,)))
    return proof


FORGERIES: list[tuple[str, Callable[[], DocumentProof], Change, str]] = [
    (
        "an invoice's receipt",
        of_invoice,
        forged("refers", '"total_minor":659', '"total_minor":759'),
        "another document",
    ),
    ("its place", of_invoice, forged("document", "Kamppi", "Pasila"), "another visit"),
    (
        "its price",
        of_invoice,
        forged("document", '"gross_price":"0.49"', '"gross_price":"0.59"'),
        "the lines came out otherwise",
    ),
    ("its session", of_invoice, lambda each: replace(each, sessions=()), "not in the file"),
    (
        "a credit of more",
        of_credit,
        lambda each: replace(each, document=a_credit(60, 2)),
        "came out otherwise",
    ),
    (
        "earlier credits",
        of_credit,
        lambda each: replace(each, taken=(an_invoice(),)),
        "no credit note of the same",
    ),
    (
        "the credited invoice",
        of_credited_invoice,
        lambda each: replace(each, refers=each.refers[:1], sessions=()),
        "not in the file",
    ),
    ("a line of nothing", of_statement, more_on_the_statement, "and not in the file"),
    ("a line twice", of_statement, a_line_twice, "has a line twice"),
    (
        "a session left out",
        of_statement,
        lambda each: replace(each, sessions=()),
        "is on the statement and not in the file",
    ),
    (
        "a credit left out",
        of_statement,
        lambda each: replace(each, credits=()),
        "The credit note VLT-C2026-000002 is on the statement and not in the file",
    ),
    (
        "a vehicle's energy",
        of_statement,
        forged("document", '"energy_wh":11000', '"energy_wh":12000'),
        "says something else than the document that it is of",
    ),
    ("a receipt as another", of_statement, as_another, "its proof is not in the file"),
    ("deeper and deeper", of_statement, endless, "goes deeper than a proof does"),
    (
        "a CDR without frames",
        of_bare_statement,
        lambda each: replace(each, bare=(replace(each.bare[0], cdr=session().receipt),)),
        "cannot be read",
    ),
    (
        "the words of the sum",
        of_invoice,
        lambda each: replace(each, steps=("So it is.",)),
        "explains the sum otherwise",
    ),
    ("its kind", of_invoice, lambda each: replace(each, kind="gift"), "is no kind of document"),
]


@pytest.mark.parametrize(
    ("whole", "forge", "says"),
    [each[1:] for each in FORGERIES],
    ids=[each[0] for each in FORGERIES],
)
def test_a_forgery_with_hashes_and_seal_made_to_fit_is_found_and_named(
    whole: Callable[[], DocumentProof], forge: Change, says: str
) -> None:
    found = wrong(sealed(forge(whole())))

    assert any(says in each for each in found), found


@given(some.data())
@settings(max_examples=150)
def test_whatever_byte_is_changed_the_check_finds_it(data: some.DataObject) -> None:
    whole = data.draw(some.sampled_from([of_invoice, of_credit, of_statement, of_bare_statement]))()
    raw = documents_proofs.written(whole).decode()
    at = data.draw(some.integers(0, len(raw) - 1))
    other = data.draw(some.characters(min_codepoint=32, max_codepoint=126))
    changed = raw[:at] + other + raw[at + 1 :]
    try:
        read = documents_proofs.read(changed.encode())
    except NotAProof:
        return
    assert isinstance(read, DocumentProof)
    assert read == whole or wrong(read), f"{raw[at]!r} became {other!r} at {at}"
