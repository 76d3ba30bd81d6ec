"""A small public key infrastructure of a mobility operator, as ISO 15118-2 Figure F.1 draws it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def issue(
    name: str,
    by: Issued | None = None,
    *,
    is_authority: bool = True,
    since: datetime = NOW - YEAR,
    until: datetime = NOW + YEAR,
    responder: str = "",
    answers: bool = False,
) -> Issued:
    """A certificate by this authority, or a root. ``responder`` is where its issuer can be asked
    about it; one that ``answers`` may answer for its issuer (RFC 6960 §4.2.2.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=not is_authority,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if responder:
        place = x509.UniformResourceIdentifier(responder)
        told = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        built = built.add_extension(x509.AuthorityInformationAccess([told]), critical=False)
    if answers:
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
        built = built.add_extension(uses, critical=False)
    return Issued(built.sign(by.key if by else key, hashes.SHA256()), key)


@dataclass(frozen=True)
class Operator:
    """A root, an authority below it, and the contracts that it makes."""

    root: Issued
    sub: Issued
    responder: str = ""

    def contract(self, emaid: str, **times: datetime) -> str:
        """The chain that a car shows: its certificate, and the authority that issued it."""
        return self.issue(emaid, **times).pem + self.sub.pem

    def issue(
        self, emaid: str, *, since: datetime = NOW - YEAR, until: datetime = NOW + YEAR
    ) -> Issued:
        """The certificate of a contract."""
        return issue(
            emaid,
            self.sub,
            is_authority=False,
            since=since,
            until=until,
            responder=self.responder,
        )


def an_operator(
    name: str = "MO",
    responder: str = "",
    *,
    since: datetime = NOW - YEAR,
    until: datetime = NOW + YEAR,
) -> Operator:
    root = issue(f"{name} root", since=since, until=until)
    sub = issue(f"{name} sub", root, since=since, until=until, responder=responder)
    return Operator(root, sub, responder)
