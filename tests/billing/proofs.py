"""A proof made without a database: what one 1.6 station said, and the bill that was made of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.billing.test_cdrs_written import EVSE, PARTY, uuid
from voltway.billing import documents, freezing, rules_proof
from voltway.billing.documents import Decided
from voltway.billing.documents_proof import Document, Proof, fingerprint
from voltway.billing.model import Cdr, Invoice
from voltway.billing.proof import proof_of
from voltway.billing.recomputing import Evidence
from voltway.billing.store_recomputing import Frozen
from voltway.kernel.ids import InvoiceId, SessionId, SettlementId, TransactionRef
from voltway.kernel.money import EUR
from voltway.kernel.units import PowerW
from voltway.ocpp.own_frames import StationDoor
from voltway.sessions.rules_again import Basis, told_again
from voltway.stations.model import Direction, KeptFrame
from voltway.tariffs.ocpi import read_tariff

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOKEN, NEIGHBOUR = "04A1B2C3D4E5F6", "04FFEEDDCCBBAA"
TARIFF = json.dumps(
    {
        "id": "DAY",
        "currency": "EUR",
        "tax_included": "YES",
        "elements": [
            {
                "price_components": [
                    {"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1},
                    {"type": "TIME", "price": 1.2, "vat": 25.5, "step_size": 60},
                ]
            }
        ],
    }
)
DOOR = StationDoor()


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


def z(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Wire:
    """What goes over the line of the station."""

    def __init__(self) -> None:
        self.frames: list[KeptFrame] = []
        self._next = 0

    def calls(self, at: datetime, action: str, payload: object, answer: object) -> None:
        self._next += 1
        name = f"m{self._next}"
        self._keep(at, Direction.HEARD, [2, name, action, payload])
        self._keep(at, Direction.SAID, [3, name, answer])

    def _keep(self, at: datetime, way: Direction, message: object) -> None:
        text = json.dumps(message, separators=(",", ":")).encode()
        self.frames.append(KeptFrame(EVSE.station, way, at, text))

    def starts(self, at: int, connector: int, token: str, register: int, number: int) -> None:
        payload = {
            "connectorId": connector,
            "idTag": token,
            "meterStart": register,
            "timestamp": z(minute(at)),
        }
        answer = {"transactionId": number, "idTagInfo": {"status": "Accepted"}}
        self.calls(minute(at), "StartTransaction", payload, answer)

    def meters(self, at: int, connector: int, register: int, number: int) -> None:
        sampled = {"value": str(register), "measurand": "Energy.Active.Import.Register"}
        payload = {
            "connectorId": connector,
            "transactionId": number,
            "meterValue": [{"timestamp": z(minute(at)), "sampledValue": [sampled]}],
        }
        self.calls(minute(at), "MeterValues", payload, {})

    def stops(self, at: int, token: str, register: int, number: int) -> None:
        payload = {
            "idTag": token,
            "meterStop": register,
            "timestamp": z(minute(at)),
            "transactionId": number,
            "reason": "EVDisconnected",
        }
        self.calls(minute(at), "StopTransaction", payload, {"idTagInfo": {"status": "Accepted"}})


def told() -> list[KeptFrame]:
    """An hour of charging at connector 3, with one reading that dips, beside a neighbour's."""
    wire = Wire()
    wire.starts(0, 3, TOKEN, 50_000, 4711)
    wire.starts(2, 1, NEIGHBOUR, 900_000, 815)
    wire.meters(15, 3, 53_000, 4711)
    wire.meters(20, 3, 0, 4711)
    wire.meters(25, 1, 901_000, 815)
    wire.meters(40, 3, 57_000, 4711)
    wire.stops(60, TOKEN, 61_000, 4711)
    wire.stops(70, NEIGHBOUR, 905_000, 815)
    return wire.frames


def basis() -> Basis:
    return Basis(
        session=SessionId(uuid(6)),
        party=PARTY.id,
        station=EVSE.station,
        location=EVSE.location,
        zone="Europe/Helsinki",
        ref=TransactionRef("4711"),
        evse=EVSE.evse,
        evse_number=3,
        power_w_max=PowerW(22_000),
        has_one_evse=False,
        offset_s=0,
        offset_end_s=0,
        token_word="accepted",
        tariff_version_id=uuid(7),
        created_at=NOON,
        heard=(NOON, minute(60)),
        ends=minute(60),
        read_at=minute(61),
    )


def evidence(frames: list[KeptFrame], known: Basis, decided: Decided | None = None) -> Evidence:
    """The bill as the house would have frozen it, and what it is proved by."""
    record = told_again(known, DOOR.hear(frames)).record
    priced = freezing.priced(
        record,
        read_tariff(TARIFF),
        PARTY,
        where=EVSE,
        account="a",
        token=TOKEN[-4:],
        decided=decided,
    )
    raw, _ = documents.frozen(freezing.cdr_document(priced))
    frozen = Frozen(
        uuid(8), PARTY.id, known.session, priced.bill.total.minor, EUR, raw.decode(), minute(61)
    )
    return Evidence(frozen, documents.cdr(raw), known, tuple(frames))


def receipt_of(found: Evidence) -> Invoice:
    raw = found.cdr.document.encode()
    cdr = Cdr(
        id=found.cdr.id,
        party=PARTY.id,
        session=found.cdr.session,
        settlement=SettlementId(uuid(9)),
        total_minor=found.cdr.total_minor,
        currency=EUR,
        document=raw,
        sha256=documents.fingerprint(raw),
        made_at=minute(61),
    )
    made = freezing.receipt(
        cdr, number="VLT-R2026-000118", at=minute(61), party=PARTY, payment=None
    )
    frozen, sha256 = documents.frozen(made)
    return Invoice(
        id=InvoiceId(uuid(10)),
        party=PARTY.id,
        session=found.cdr.session,
        payment=None,
        kind="receipt",
        number=made.number,
        total_minor=made.total_minor,
        currency=EUR,
        document=frozen,
        sha256=sha256,
        issued_at=minute(61),
    )


def a_proof(decided: Decided | None = None) -> Proof:
    found = evidence(told(), basis(), decided)
    tariff = Document(name="DAY, version 1", text=TARIFF, sha256=fingerprint(TARIFF))
    return proof_of(receipt_of(found), found, tariff, DOOR)


def wrong(proof: Proof, printed: str | None = None) -> list[str]:
    """What of a proof does not hold."""
    return [step.says for step in rules_proof.check(proof, DOOR.hear, printed) if not step.holds]


Change = Callable[[Proof], Proof]
