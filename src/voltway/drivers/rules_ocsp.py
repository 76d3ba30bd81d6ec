"""What issuers say of certificates that they made: questions and answers of OCSP (RFC 6960). Pure.

A question names a certificate by hashes of its issuer and by its number, as stations tell it
(2.0.1 part 2, OCSPRequestDataType), so it can be asked without the certificate. An answer is
believed by the issuer's signature, or by that of a responder to whom the issuer gave this task.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from voltway.drivers.rules_certificates import UNREADABLE, is_in_time

#: How stations may make the hashes (HashAlgorithmEnumType), and we do.
ALGORITHMS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}
OURS: Final = "SHA256"
#: What clocks may differ by.
SKEW: Final = timedelta(minutes=5)
#: No number of a certificate is longer (RFC 5280 §4.1.2.2: 20 octets).
SERIAL_DIGITS_MAX: Final = 40


class Word(StrEnum):
    """CertStatus (RFC 6960 §2.2). Who never heard of a certificate says ``unknown``."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class NotBelieved(Exception):
    """An answer that is none, or not to what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """How a certificate is named: by the hashes of its issuer, and its number (hexadecimal)."""

    algorithm: str
    name_hash: str
    key_hash: str
    serial: str


@dataclass(frozen=True, slots=True)
class Question:
    key: Key
    responder: str  # where it is asked; empty: nobody says where
    issuer: x509.Certificate | None  # who must have signed; ``None``: that is for others to check


@dataclass(frozen=True, slots=True)
class Answer:
    """``until``: how long it counts without being asked again; it names none if it always can."""

    key: Key
    word: Word
    said_at: datetime
    until: datetime | None
    der: bytes


def key_told(algorithm: str, name_hash: str, key_hash: str, serial: str) -> Key | None:
    """A certificate as a station names it; ``None``: so none can be named."""
    made = ALGORITHMS.get(algorithm.upper())
    digits = made().digest_size * 2 if made else 0
    name_hash, key_hash = name_hash.lower(), key_hash.lower()
    try:
        number = int(serial, 16)
        lengths = [len(bytes.fromhex(each)) * 2 for each in (name_hash, key_hash)]
    except ValueError:
        return None
    if not made or lengths != [digits, digits] or not 0 < number < 16**SERIAL_DIGITS_MAX:
        return None
    return Key(algorithm.upper(), name_hash, key_hash, f"{number:x}")


def key_of(certificate: x509.Certificate, issuer: x509.Certificate) -> Key:
    asked = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
    return Key(
        OURS,
        asked.issuer_name_hash.hex(),
        asked.issuer_key_hash.hex(),
        f"{certificate.serial_number:x}",
    )


def is_by(key: Key, issuer: x509.Certificate) -> bool:
    """Whether this authority is the issuer that is named."""
    made = ALGORITHMS[key.algorithm]()
    asked = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, made).build()
    name = hashlib.new(key.algorithm, issuer.subject.public_bytes()).hexdigest()
    return (name, asked.issuer_key_hash.hex()) == (key.name_hash, key.key_hash)


def responder_of(certificate: x509.Certificate) -> str:
    """Where its issuer says that it can be asked about (RFC 5280 §4.2.2.1); empty: nowhere."""
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (ValueError, *UNREADABLE):
        return ""
    for each in told:
        if each.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            each.access_location, x509.UniformResourceIdentifier
        ):
            return each.access_location.value
    return ""


def questions_of(chain: Sequence[x509.Certificate]) -> list[Question]:
    """What is to be asked of a chain that holds: of each certificate but the root, which is trusted
    as it is."""
    return [
        Question(key_of(each, issuer), responder_of(each), issuer)
        for each, issuer in pairwise(chain)
    ]


def request(key: Key) -> bytes:
    """The question as it is sent (RFC 6960 §4.1). Without a nonce, so that answers that are made
    beforehand (RFC 5019) will do: an answer counts until it says itself that it is old."""
    built = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        bytes.fromhex(key.name_hash),
        bytes.fromhex(key.key_hash),
        int(key.serial, 16),
        ALGORITHMS[key.algorithm](),
    )
    return built.build().public_bytes(Encoding.DER)


def read_answer(der: bytes, question: Question, now: datetime) -> Answer:
    """What was answered (RFC 6960 §3.2). Raises ``NotBelieved``."""
    try:
        return _read(der, question, now)
    except (ValueError, UnsupportedAlgorithm, *UNREADABLE) as error:
        raise NotBelieved("it cannot be read") from error


def _read(der: bytes, question: Question, now: datetime) -> Answer:
    told = ocsp.load_der_ocsp_response(der)
    if told.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise NotBelieved(f"it says {told.response_status.name.lower()}")
    single = next((each for each in told.responses if _is_about(each, question)), None)
    if single is None:
        raise NotBelieved("it is about another certificate")
    until = single.next_update_utc
    if single.this_update_utc > now + SKEW or (until is not None and until < now - SKEW):
        raise NotBelieved("it is not of today")
    if question.issuer is not None and not _is_signed(told, question.issuer, now):
        raise NotBelieved("its issuer did not sign it")
    return Answer(
        key=question.key,
        word=Word[single.certificate_status.name],
        said_at=single.this_update_utc,
        until=until,
        der=der,
    )


def _is_about(single: ocsp.OCSPSingleResponse, question: Question) -> bool:
    key = question.key
    return (
        single.serial_number == int(key.serial, 16)
        and isinstance(single.hash_algorithm, ALGORITHMS[key.algorithm])
        and single.issuer_name_hash.hex() == key.name_hash
        and single.issuer_key_hash.hex() == key.key_hash
    )


def _is_signed(told: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> bool:
    """By the issuer, or by whom it gave this task with a certificate of its own (§4.2.2.2)."""
    if _signed_by(told, issuer):
        return True
    return any(
        _is_responder_of(each, issuer, now) and _signed_by(told, each) for each in told.certificates
    )


def _is_responder_of(
    certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, ValueError, TypeError, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in uses and is_in_time(certificate, now)


def _signed_by(told: ocsp.OCSPResponse, by: x509.Certificate) -> bool:
    key, made = by.public_key(), told.signature_hash_algorithm
    signature, text = told.signature, told.tbs_response_bytes
    try:
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, text)
        elif made is None or not isinstance(made, tuple(ALGORITHMS.values())):
            return False
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, text, ec.ECDSA(made))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, text, padding.PKCS1v15(), made)
        else:
            return False
    except InvalidSignature:
        return False
    return True
