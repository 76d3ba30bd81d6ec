"""A meter that signs what it measured, as calibration law wants it (OCMF, revision 1.2).

It makes one record a charge, with the readings of its begin and its end.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

#: The register and its moment.
Shown = tuple[datetime, int]

_ZONE = timezone(timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Signed:
    """A record, and the key that the station says it was signed with."""

    record: str
    public_key: str


@dataclass(eq=False)
class SigningMeter:
    """``forges_wh``: so much is added to the last register after it was signed. ``secret``: the
    private key, where it is to be the same again."""

    serial: str
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    clock: str = "S"
    forges_wh: int = 0
    page: int = 0
    secret: int | None = field(default=None, repr=False)
    _key: ec.EllipticCurvePrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.secret is None:
            self._key = ec.generate_private_key(self.curve)
        else:
            self._key = ec.derive_private_key(self.secret, self.curve)

    @property
    def public_key(self) -> str:
        """In hexadecimal, as it stands on the meter."""
        return (
            self._key.public_key()
            .public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .hex()
        )

    def signs(self, begin: Shown, end: Shown, token: str) -> Signed:
        self.page += 1
        payload = json.dumps(
            {
                "FV": "1.2",
                "GI": "Voltway World",
                "GS": f"G{self.serial}",
                "GV": "1.0",
                "PG": f"T{self.page}",
                "MV": "Voltway World",
                "MS": self.serial,
                "IS": bool(token),
                "IL": "HEARSAY" if token else "NONE",
                "IF": [],
                "IT": "ISO14443" if token else "NONE",
                "ID": token,
                "RD": [self._reading(begin, "B"), self._reading(end, "E")],
            },
            separators=(",", ":"),
        )
        signature = self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256())).hex()
        if self.forges_wh:
            told = f"{end[1] / 1000:.3f}"
            payload = payload.replace(told, f"{(end[1] + self.forges_wh) / 1000:.3f}")
        method = json.dumps({"SA": f"ECDSA-{self.curve.name}-SHA256", "SD": signature})
        return Signed(f"OCMF|{payload}|{method}", self.public_key)

    def _reading(self, shown: Shown, mark: str) -> dict[str, object]:
        at, register_wh = shown
        told = at.astimezone(_ZONE).isoformat(timespec="milliseconds")
        stamp = told.replace(".", ",").replace("+01:00", "+0100")
        return {
            "TM": f"{stamp} {self.clock}",
            "TX": mark,
            "RV": f"{register_wh / 1000:.3f}",
            "RI": "1-b:1.8.0",
            "RU": "kWh",
            "RT": "AC",
            "EF": "",
            "ST": "G",
        }
