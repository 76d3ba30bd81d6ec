"""The proof of a document that is made of other documents: an invoice, a credit note, a statement.

One file holds the document, the documents that it refers to, and the proof of each session behind
it, so that anybody can make it again without us. The format is described in
``docs/recipes/check-a-bill.md``; as a receipt's proof it is JSON with sorted keys.
"""

import hashlib
from typing import Final

import msgspec

from voltway.billing import documents_proof
from voltway.billing.documents_proof import BYTES_MAX, Document, NotAProof, Proof, _Part

FORMAT: Final = "voltway-proof-of-document"
VERSION: Final = 1
#: A statement has credit notes in it, and they have none: so deep a file goes, and no deeper.
DEEP: Final = 2


class Bare(_Part, frozen=True, kw_only=True):
    """A session whose frames are not kept any more: its receipt and its CDR as they were frozen."""

    receipt: Document
    cdr: Document


class DocumentProof(_Part, frozen=True, kw_only=True):
    """A document, and all that it was made of."""

    format: str = FORMAT
    version: int = VERSION
    kind: str  # invoice, credit_note or statement
    document: Document
    refers: tuple[Document, ...] = ()  # what it refers to: an invoice first, then its receipt
    taken: tuple[Document, ...] = ()  # credit notes that took of the same before, the oldest first
    sessions: tuple[Proof, ...] = ()
    bare: tuple[Bare, ...] = ()
    credits: "tuple[DocumentProof, ...]" = ()  # of a statement: what corrects on it
    others: tuple[Document, ...] = ()  # of a statement: what no session is behind
    steps: tuple[str, ...] = ()  # of the sum, in sentences
    seal: str = ""  # SHA-256 of all of the above, written without spaces


def sealed(proof: DocumentProof) -> DocumentProof:
    return msgspec.structs.replace(proof, seal=seal_of(proof))


def seal_of(proof: DocumentProof) -> str:
    open_ = msgspec.structs.replace(proof, seal="")
    return hashlib.sha256(msgspec.json.encode(open_, order="sorted")).hexdigest()


def written(proof: DocumentProof) -> bytes:
    """The file: for machines, and for people who look into it."""
    return msgspec.json.format(msgspec.json.encode(proof, order="sorted"), indent=1) + b"\n"


def read(raw: bytes) -> Proof | DocumentProof:
    """The proof that a file holds, of a receipt or of another document. Raises ``NotAProof``."""
    if len(raw) > BYTES_MAX or not _is_of_a_document(raw):
        return documents_proof.read(raw)
    try:
        proof = msgspec.json.decode(raw, type=DocumentProof)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise NotAProof(str(error)[:300]) from error
    if proof.version != VERSION:
        raise NotAProof(
            f"it is of version {proof.version}, and this program reads version {VERSION}"
        )
    return proof


def _is_of_a_document(raw: bytes) -> bool:
    try:
        return msgspec.json.decode(raw, type=_Head).format == FORMAT
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError):
        return False


class _Head(msgspec.Struct):
    format: str = ""
