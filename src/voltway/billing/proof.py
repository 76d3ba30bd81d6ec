"""Makes the proof of a bill: the frames, what was made of them, and each step of the sum.

Only what the bill needs is in it: the frames that touched this one session, with the token hidden
but for its end, as on the receipt. A proof is checked before it is given away.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from voltway.billing import (
    documents_proof,
    freezing,
    recomputing,
    rules_proof,
    rules_proof_sum,
)
from voltway.billing.documents_proof import Document, Frame, Proof, fingerprint
from voltway.billing.freezing import utc
from voltway.billing.model import Invoice
from voltway.billing.recomputing import Evidence
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import TariffId
from voltway.runtime.work import Work
from voltway.sessions.rules_again import NotTold, touched_by
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import HeardAgain
from voltway.tariffs import actions as tariffs
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import ocpi_write
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.tariffs.rules_spot import follows_market


class Door(Protocol):
    """What only the door of the stations knows of frames."""

    def hear(self, frames: Sequence[KeptFrame]) -> list[HeardAgain]:
        """What the frames of one station tell, in our words."""
        ...

    def only(self, frames: Sequence[KeptFrame], calls: Collection[int]) -> list[KeptFrame]:
        """The frames of these calls alone, and the answers that gave their sessions a name."""
        ...

    def hidden(self, frame: KeptFrame) -> KeptFrame:
        """The frame without what names a person: of tokens only the end is left."""
        ...


@dataclass(eq=False)
class FramesGone(Refusal):
    """
    The raw frames that receipt {number} was made from are not kept any more, so it cannot be proved
    from them. The setting keep_frames_days says how long they are kept.
    """

    kind: ClassVar[Kind] = Kind.ABSENT

    number: str


@dataclass(eq=False)
class NotProved(Refusal):
    """Receipt {number} does not come out of its own frames: {why}"""

    kind: ClassVar[Kind] = Kind.CONFLICT

    number: str
    why: str


@dataclass(eq=False)
class NothingToProve(Refusal):
    """
    {number} is no receipt, invoice, credit note or statement of sessions, so there are no frames to
    prove it from. Of a settlement with a host, ask for the receipts that it shares.
    """

    kind: ClassVar[Kind] = Kind.INVALID

    number: str


async def receipt_proof(work: Work, door: Door, receipt: Invoice) -> Proof:
    """The proof of a receipt. Raises ``FramesGone`` and ``NotProved``."""
    if not receipt.is_receipt or receipt.session is None:
        raise NothingToProve(receipt.number)
    found = await recomputing.evidence_of(work, [receipt.session])
    if not found:
        raise NothingToProve(receipt.number)
    [evidence] = found
    version = evidence.document.tariff_version
    tariff = None
    if version:
        kept = await tariffs.version_record(work, TariffId(UUID(version)))
        text = await _text(work, kept, evidence)
        tariff = Document(
            name=f"{kept.ident}, version {kept.version}", text=text, sha256=fingerprint(text)
        )
    return proof_of(receipt, evidence, tariff, door)


async def _text(work: Work, kept: TariffVersion, evidence: Evidence) -> str:
    """The tariff as it was given; where it follows a market, with what that asked meanwhile."""
    if not follows_market(kept.tariff):
        return kept.document
    visit = evidence.document.visit
    begins, ends = (datetime.fromisoformat(at) for at in (visit.begins, visit.ends))
    bound = await spot.version_for(work, kept.id, begins, ends)
    return ocpi_write.written(ocpi_write.document(bound, OcpiVersion.V230))


def proof_of(receipt: Invoice, evidence: Evidence, tariff: Document | None, door: Door) -> Proof:
    """The proof of a receipt out of its evidence. Pure."""
    number = receipt.number
    try:
        frames = _own(evidence, door)
        read = freezing.as_billed(read_tariff(tariff.text), evidence.document) if tariff else None
        made = rules_proof.make(evidence.basis, frames, evidence.document, read, door.hear)
    except NotTold as untold:
        raise FramesGone(number) from untold
    raw = receipt.document.decode()
    cdr = evidence.cdr.document
    proof = documents_proof.sealed(
        Proof(
            receipt=Document(name=number, text=raw, sha256=fingerprint(raw)),
            cdr=Document(name=str(evidence.cdr.id), text=cdr, sha256=fingerprint(cdr)),
            tariff=tariff,
            basis=evidence.basis,
            frames=tuple(_frame(each, evidence.frames) for each in frames),
            readings=rules_proof_sum.readings_of(made.evidence),
            energy_wh=made.record.energy_wh,
            energy=made.evidence.steps,
            sum=rules_proof_sum.sum_of(made, read),
        )
    )
    for step in rules_proof.check(proof, door.hear):
        if not step.holds:
            raise NotProved(number, step.says)
    return proof


def _own(evidence: Evidence, door: Door) -> list[KeptFrame]:
    """The frames that touched the session, and nothing of anybody else."""
    touched = touched_by(evidence.basis, door.hear(evidence.frames))
    return [door.hidden(frame) for frame in door.only(evidence.frames, touched)]


def _frame(frame: KeptFrame, raw: Collection[KeptFrame]) -> Frame:
    text = frame.text.decode()
    return Frame(
        at=utc(frame.at),
        said=frame.direction is Direction.SAID,
        hidden=frame not in raw,
        text=text,
        sha256=fingerprint(text),
    )
