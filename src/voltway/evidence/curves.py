"""The curves of signed meter data, and whether a signature fits.

All arithmetic is done by libraries: OpenSSL, through ``cryptography``, and for secp192k1, which
that lacks, ``ecdsa``. See docs/decisions/0020-signed-meter-data.md. Nothing here is secret: only
public keys and signatures come in.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from ecdsa import BadSignatureError, VerifyingKey
from ecdsa.curves import Curve as PlainCurve
from ecdsa.ellipticcurve import CurveFp, PointJacobi
from ecdsa.errors import MalformedPointError
from ecdsa.util import sigdecode_der

#: A method without a name (OCMF table 22: the default).
DEFAULT: Final = "secp256r1"


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve: its object identifier, how many bytes a number of it has, and its other names."""

    name: str
    oid: tuple[int, ...]
    size: int
    others: tuple[str, ...] = ()


CURVES: Final[Mapping[str, Curve]] = {
    curve.name: curve
    for curve in (
        Curve("secp192k1", (1, 3, 132, 0, 31), 24),
        Curve("secp192r1", (1, 2, 840, 10045, 3, 1, 1), 24, ("prime192v1", "nistp192", "p-192")),
        Curve("secp256k1", (1, 3, 132, 0, 10), 32),
        Curve("secp256r1", (1, 2, 840, 10045, 3, 1, 7), 32, ("prime256v1", "nistp256", "p-256")),
        Curve("secp384r1", (1, 3, 132, 0, 34), 48, ("prime384v1", "nistp384", "p-384")),
        Curve("brainpoolp256r1", (1, 3, 36, 3, 3, 2, 8, 1, 1, 7), 32, ("brainpool256r1",)),
        Curve("brainpoolp384r1", (1, 3, 36, 3, 3, 2, 8, 1, 1, 11), 48, ("brainpool384r1",)),
    )
}

_NAMES: Final = {
    name: curve.name for curve in CURVES.values() for name in (curve.name, *curve.others)
}
BY_OID: Final = {curve.oid: curve.name for curve in CURVES.values()}

_OPENSSL: Final[Mapping[str, ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1(),
    "secp256k1": ec.SECP256K1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "brainpoolp256r1": ec.BrainpoolP256R1(),
    "brainpoolp384r1": ec.BrainpoolP384R1(),
}

# The domain parameters of secp192k1 (SEC 2 version 2.0, §2.2.1).
_K1: Final = CurveFp(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFEE37, 0, 3, 1)
_K1_POINT: Final = PointJacobi(
    _K1,
    0xDB4FF10EC057E9AE26B07D0280B7F4341DA5D1B1EAE06C7D,
    0x9B2F2F6D9C5628A7844163D015BE86344082AA88D95E2F9D,
    1,
    0xFFFFFFFFFFFFFFFFFFFFFFFE26F2FC170F69466A74DEFD8D,
    generator=True,
)
SECP192K1: Final = PlainCurve("secp192k1", _K1, _K1_POINT, CURVES["secp192k1"].oid)


def curve_of_method(method: str) -> str | None:
    """The curve of ``ECDSA-secp256r1-SHA256`` (OCMF table 22); ``None`` for another method."""
    match = re.fullmatch(r"ECDSA-([A-Za-z0-9-]+)-SHA-?256", method.strip(), re.IGNORECASE)
    return _NAMES.get(match[1].lower()) if match else None


def signature_of(raw: bytes, curve: str) -> bytes | None:
    """A signature in ASN.1 DER; some meters write its two numbers side by side instead."""
    try:
        decode_dss_signature(raw)
    except ValueError:
        size = CURVES[curve].size
        if len(raw) != 2 * size:
            return None
        return encode_dss_signature(
            int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big")
        )
    return raw


def is_point(point: bytes, curve: str) -> bool:
    """Whether this is a point of the curve, and so can be a key."""
    try:
        if curve == "secp192k1":
            VerifyingKey.from_string(point, curve=SECP192K1)
        else:
            ec.EllipticCurvePublicKey.from_encoded_point(_OPENSSL[curve], point)
    except (ValueError, MalformedPointError, UnsupportedAlgorithm):
        return False
    return True


def fits(point: bytes, curve: str, signature: bytes, payload: bytes) -> bool:
    """Whether this key has signed this payload (ECDSA with SHA-256). The signature is DER."""
    try:
        if curve == "secp192k1":
            key = VerifyingKey.from_string(point, curve=SECP192K1)
            return bool(
                key.verify(signature, payload, hashfunc=hashlib.sha256, sigdecode=sigdecode_der)
            )
        known = ec.EllipticCurvePublicKey.from_encoded_point(_OPENSSL[curve], point)
        known.verify(signature, payload, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, BadSignatureError, MalformedPointError, UnsupportedAlgorithm):
        return False
    except ValueError:  # a point that is on no curve, a number out of range
        return False
    return True
