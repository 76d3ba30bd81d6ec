"""The provider's memory: an append-only file of JSON lines, on disk before anything is answered."""

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from voltway_world.provider.books import (
    Answer,
    BalanceTransaction,
    Dispute,
    Event,
    Hold,
    Method,
    Page,
    Payout,
    Reader,
    Refund,
    Saving,
    Transfer,
)

_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(Page).decode


class Books:
    """All holds, refunds and movements, as the journal tells them; nothing else is remembered."""

    def __init__(self, folder: Path) -> None:
        self.holds: dict[str, Hold] = {}
        self.refunds: dict[str, Refund] = {}
        self.transactions: dict[str, BalanceTransaction] = {}
        self.answers: dict[str, Answer] = {}
        self.savings: dict[str, Saving] = {}
        self.methods: dict[str, Method] = {}
        self.disputes: dict[str, Dispute] = {}
        self.payouts: dict[str, Payout] = {}
        self.transfers: dict[str, Transfer] = {}
        self.readers: dict[str, Reader] = {}
        self.undelivered: dict[str, Event] = {}
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "journal.jsonl"
        self._read(path)
        self._file: BinaryIO = path.open("ab", buffering=0)

    def keep(self, page: Page) -> None:
        """Write a step down for good, then let it count."""
        self._file.write(_encode(page) + b"\n")
        os.fsync(self._file.fileno())
        self._turn(page)

    def close(self) -> None:
        self._file.close()

    def _read(self, path: Path) -> None:
        if not path.exists():
            return
        text = path.read_bytes()
        # A crash while writing can leave half a line at the end. Nobody was answered for it.
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            with path.open("rb+") as torn:
                torn.truncate(len(whole))
        for line in whole.splitlines():
            self._turn(_decode(line))

    def _turn(self, page: Page) -> None:
        if page.hold is not None:
            self.holds[page.hold.id] = page.hold
        if page.refund is not None:
            self.refunds[page.refund.id] = page.refund
        if page.transaction is not None:
            self.transactions[page.transaction.id] = page.transaction
        for move in page.moves:
            self.transactions[move.id] = move
        for event in page.events if page.event is None else (page.event, *page.events):
            self.undelivered[event.id] = event
        if page.saving is not None:
            self.savings[page.saving.id] = page.saving
        if page.method is not None:
            self.methods[page.method.id] = page.method
        if page.dispute is not None:
            self.disputes[page.dispute.id] = page.dispute
        if page.payout is not None:
            self.payouts[page.payout.id] = page.payout
        if page.transfer is not None:
            self.transfers[page.transfer.id] = page.transfer
        if page.reader is not None:
            self.readers[page.reader.id] = page.reader
        if page.answer is not None:
            self.answers[page.answer.key] = page.answer
        if page.delivered is not None:
            self.undelivered.pop(page.delivered, None)
