"""Records signed with keys of our own, by the published formats, for what no real sample shows."""

import base64
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ecdsa import SigningKey
from ecdsa.util import sigencode_der

from voltway.evidence import curves, rules
from voltway.evidence.keys import read_key
from voltway.evidence.model import Finding, Sent

BEGIN: Final = {
    "TM": "2026-03-02T12:00:00,000+0100 S",
    "TX": "B",
    "RV": 2851.485,
    "RI": "1-b:1.8.0",
    "RU": "kWh",
    "EF": "",
    "ST": "G",
}
END: Final = {**BEGIN, "TM": "2026-03-02T13:00:00,000+0100 S", "TX": "E", "RV": 2864.285}


class SlowMeter:
    """One of the curve that no library of the house's knows but a slow one (secp192k1)."""

    def __init__(self) -> None:
        self.key = SigningKey.generate(curve=curves.SECP192K1)

    @property
    def public(self) -> str:
        return str(self.key.verifying_key.to_der("uncompressed").hex())

    def record(self, page: int, *readings: dict[str, Any]) -> str:
        said = {"FV": "1.2", "GS": "G1", "MS": "M1", "PG": f"T{page}", "IS": True, "IT": "NONE"}
        payload = json.dumps({**said, "RD": readings})
        signed = self.key.sign(payload.encode(), hashfunc=hashlib.sha256, sigencode=sigencode_der)
        signature = {"SD": signed.hex(), "SA": "ECDSA-secp192k1-SHA256"}
        return f"OCMF|{payload}|{json.dumps(signature)}"

    def charge(self, records: int) -> list[str]:
        """A charge of so many records, from begin to end."""
        between = {**BEGIN, "TX": "C"}
        last = records - 1
        steps = [(BEGIN,), *[(between,)] * (records - 2), (END,)]
        return [self.record(nth, *step) for nth, step in zip(range(last + 1), steps, strict=True)]


@dataclass
class Meter:
    """A meter of ours."""

    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    method: str | None = None

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(self.curve)

    @property
    def public(self) -> str:
        return (
            self.key.public_key()
            .public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .hex()
        )

    def point(self, *, compressed: bool = False) -> bytes:
        form = serialization.PublicFormat.CompressedPoint
        if not compressed:
            form = serialization.PublicFormat.UncompressedPoint
        return self.key.public_key().public_bytes(serialization.Encoding.X962, form)

    def sign(self, payload: bytes) -> bytes:
        return self.key.sign(payload, ec.ECDSA(hashes.SHA256()))

    def ocmf(
        self, *readings: dict[str, Any], signed: dict[str, Any] | None = None, **more: Any
    ) -> str:
        said = {"FV": "1.2", "GS": "G1", "MS": "M1", "PG": "T7", "IS": True, "IT": "NONE"}
        payload = json.dumps({**said, **more, "RD": readings or (BEGIN, END)})
        signature: dict[str, Any] = {"SD": self.sign(payload.encode()).hex()}
        if self.method is not None:
            signature["SA"] = self.method
        return f"OCMF|{payload}|{json.dumps({**signature, **(signed or {})})}"

    def alfen(
        self,
        kind: int,
        wh: int,
        page: int,
        *,
        at: int = 1_772_449_200,
        meter_state: int = 0,
        adapter_state: int = 0,
        session: int = 5,
        unit: int = 0x1E,
        scale: int = 0,
    ) -> str:
        data = struct.pack(
            "<10s4s2s10sHHII6sBbq20sii",
            b"\x0aTest\x00\x00\x00\x00\x01",
            b"v014",
            b"\xaa\xbb",
            b"\x0aMeter\x00\x00\x00\x01",
            meter_state,
            adapter_state,
            900,
            at,
            bytes((1, 0, 1, 8, 0, 255)),
            unit,
            scale,
            wh,
            b"04A1B2C3",
            session,
            page,
        )
        size = self.curve.key_size // 8
        r, s = decode_dss_signature(self.sign(data))
        raw = r.to_bytes(size, "big") + s.to_bytes(size, "big")
        parts = (
            base64.b32encode(each).decode() for each in (self.point(compressed=True), data, raw)
        )
        return f"AP;{kind};3;{';'.join(parts)};"


def found(
    records: Sequence[str] | str, key: str | None, *, by_time: bool = False, meter: str = ""
) -> Finding:
    texts = [records] if isinstance(records, str) else records
    public = read_key(key) if key is not None else None
    return rules.judge([Sent(text=text) for text in texts], public, by_time=by_time, meter=meter)
