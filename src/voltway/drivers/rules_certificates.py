"""Contract certificates of cars (ISO 15118-2 Annex F): whether one is good, and whose it is. Pure.

The chain is checked by the library ``cryptography``, after RFC 5280, with what ISO 15118 does
without let be: contract certificates name no host. Which statuses there are: OCPP 2.0.1 part 2,
AuthorizeCertificateStatusEnumType.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from voltway.drivers.rules import emaid_of

ACCEPTED: Final = "Accepted"
EXPIRED: Final = "CertificateExpired"
BROKEN: Final = "CertChainError"
REVOKED: Final = "CertificateRevoked"
CANCELLED: Final = "ContractCancelled"

#: How a token stands where the contract itself is over (2.0.1 part 2, C07.FR.13).
_IS_OVER: Final = frozenset({"blocked", "expired", "invalid", "unknown"})

#: Contract certificate, two authorities below the root (ISO 15118-2 Figure F.1), and one to spare.
DEPTH_MAX: Final = 3

#: What the library says, beside ``ValueError``, of a certificate that is none: it reads a piece
#: only when it is asked for, so long after the whole was taken.
UNREADABLE: Final = (x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound)


def _is_authority(
    policy: verification.Policy, certificate: x509.Certificate, said: x509.BasicConstraints
) -> None:
    """RFC 5280 §4.2.1.9: only who says so issues others."""
    if not said.ca:
        raise ValueError("it is no authority")


_AUTHORITIES: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, verification.Criticality.AGNOSTIC, _is_authority
)


def status_of(chain: str, anchors: Sequence[str], token: str, now: datetime) -> str:
    """How a contract certificate stands that a car showed with this token: the certificate, then
    the authorities that issued it, in PEM; ``anchors`` are the roots that are trusted.

    Never raises, whatever a car shows.
    """
    try:
        return _status(chain, anchors, emaid_of(token), now)
    except (ValueError, verification.VerificationError, *UNREADABLE):
        return BROKEN


def _status(chain: str, anchors: Sequence[str], emaid: str | None, now: datetime) -> str:
    leaf, *rest = x509.load_pem_x509_certificates(chain.encode())
    if any(not is_in_time(each, now) for each in (leaf, *rest)):
        return EXPIRED
    if emaid is None or emaid_of(_name(leaf)) != emaid or not anchors:
        return BROKEN
    verified(leaf, rest, read(anchors), now)
    return ACCEPTED


def verified(
    leaf: x509.Certificate,
    rest: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> list[x509.Certificate]:
    """A certificate and those who issued it, up to a root that is trusted. Raises ``ValueError``,
    ``VerificationError``, and what an unreadable one raises."""
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(roots)))
        .time(now.replace(tzinfo=None))
        .max_chain_depth(DEPTH_MAX)
        .extension_policies(
            ca_policy=_AUTHORITIES,
            ee_policy=verification.ExtensionPolicy.permit_all(),
        )
    )
    return policy.build_client_verifier().verify(leaf, list(rest)).chain


def read(pems: Sequence[str]) -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(each.encode()) for each in pems]


def answered(word: str, certificate: str) -> tuple[str, str]:
    """What is said of a token and of its certificate together (2.0.1 part 2, C07.FR.13 to 17)."""
    if certificate == ACCEPTED:
        return word, CANCELLED if word in _IS_OVER else ACCEPTED
    return "expired" if certificate == EXPIRED else "invalid", certificate


def is_in_time(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""
