"""Public keys of meters, read from the many ways in which people and stations write them."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import ClassVar, Final

from ecdsa import der

from voltway.evidence.curves import BY_OID, CURVES, is_point
from voltway.evidence.model import PublicKey
from voltway.kernel.errors import Kind, Refusal

#: A longer text is no key.
TEXT_MAX: Final = 4000

_EC: Final = (1, 2, 840, 10045, 2, 1)

#: How OCPP 2.0.1 stations write a key: ``oca:base16:asn1:3059…``.
_PREFIX: Final = re.compile(r"^oca:(?:base16|base64|hex):(?:asn1|raw):", re.IGNORECASE)


@dataclass(eq=False)
class NoKey(Refusal):
    """
    This is no public key that we can read. It is hexadecimal, Base64, Base32 or PEM: an ASN.1 DER
    key or a bare point of one of the curves that meters use.
    """

    kind: ClassVar[Kind] = Kind.INVALID


def read_key(text: str, curve: str | None = None) -> PublicKey:
    """The key that a person or a station wrote. Raises ``NoKey``.

    ``curve``: of which it must be a point, where that is known; else every curve will do.
    """
    if len(text) > TEXT_MAX:
        raise NoKey
    for raw in _as_bytes(text):
        key = key_of(raw)
        curves = _curves_of(key, curve or key.curve) if key is not None else []
        if key is not None and curves:
            # A point that is whole lies on one curve only, and so says which it is of.
            return PublicKey(key.point, key.curve or (curves[0] if len(curves) == 1 else None))
    raise NoKey


def key_of(raw: bytes) -> PublicKey | None:
    """The key in these bytes: SubjectPublicKeyInfo (RFC 5480) or a bare point."""
    if raw[:1] == b"\x30":
        return _of_der(raw)
    point = _point(raw)
    return PublicKey(point) if point is not None else None


def fingerprint(key: PublicKey) -> str:
    """The key as people compare it: SHA-256 of its point, in groups of four."""
    digest = hashlib.sha256(bytes([2 + key.is_odd]) + key.x).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


def written(key: PublicKey) -> str:
    """The key in hexadecimal, as the transparency software takes it."""
    if key.curve is None or key.point[0] != 4:
        return key.point.hex()
    identified = der.encode_sequence(der.encode_oid(*_EC), der.encode_oid(*CURVES[key.curve].oid))
    made: bytes = der.encode_sequence(identified, der.encode_bitstring(key.point, 0))
    return made.hex()


def _as_bytes(text: str) -> list[bytes]:
    """All that the text can mean, the likeliest first."""
    body = re.sub(r"-----(BEGIN|END) [A-Z ]+-----", "", text)
    compact = re.sub(r"[\s:;-]|0x", "", _PREFIX.sub("", body.strip()))
    found: list[bytes] = []
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", compact):
        found.append(bytes.fromhex(compact))
    if re.fullmatch(r"[A-Z2-7]+=*", compact):
        found += _decoded(base64.b32decode, compact.rstrip("="), 8)
    dense = re.sub(r"\s", "", _PREFIX.sub("", body.strip()))
    if re.fullmatch(r"[A-Za-z0-9+/_-]+=*", dense):
        plain = dense.rstrip("=").replace("-", "+").replace("_", "/")
        found += _decoded(base64.b64decode, plain, 4)
    # 2.0.1 stations put the text of a key into Base64 once more.
    inner = [raw.decode() for raw in found if raw.isascii() and raw[:1] not in b"\x02\x03\x04"]
    for again in inner:
        told = _PREFIX.sub("", again.strip())
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", told):
            found.append(bytes.fromhex(told))
    return found


def _decoded(decode: object, text: str, block: int) -> list[bytes]:
    assert callable(decode)
    try:
        return [decode(text + "=" * (-len(text) % block))]
    except (binascii.Error, ValueError):
        return []


def _of_der(raw: bytes) -> PublicKey | None:
    try:
        whole, _ = der.remove_sequence(raw)
        algorithm, rest = der.remove_sequence(whole)
        kind, parameters = der.remove_object(algorithm)
        if kind != _EC:
            return None
        oid, _ = der.remove_object(parameters)
        bits, _ = der.remove_bitstring(rest, 0)
    except (der.UnexpectedDER, ValueError, IndexError, TypeError):
        return None
    curve = BY_OID.get(oid)
    point = _point(bytes(bits))
    if curve is None or point is None:
        return None
    return PublicKey(point, curve)


def _point(raw: bytes) -> bytes | None:
    """A point as SEC 1 §2.3.3 writes it; some write its two numbers alone."""
    sizes = {curve.size for curve in CURVES.values()}
    if raw[:1] == b"\x04" and len(raw) in {1 + 2 * size for size in sizes}:
        return raw
    if raw[:1] in (b"\x02", b"\x03") and len(raw) in {1 + size for size in sizes}:
        return raw
    return b"\x04" + raw if len(raw) in {2 * size for size in sizes} else None


def _curves_of(key: PublicKey, curve: str | None) -> list[str]:
    """The curves that the point lies on, of those that it may be of."""
    wanted = [CURVES[curve]] if curve else CURVES.values()
    size = len(key.x)
    return [each.name for each in wanted if each.size == size and is_point(key.point, each.name)]
