"""Plug & Charge of 1.6 stations, in DataTransfer: the OCA application note "Using ISO 15118 Plug &
Charge with OCPP 1.6" puts Authorize and GetCertificateStatus of 2.0.1 into it, as JSON."""

from typing import Annotated, Any, Final

import msgspec

from voltway.kernel.ids import TokenUid
from voltway.stations.reports import CertificateNamed, Decision, StatusAsked, TokenShown

VENDOR: Final = "org.openchargealliance.iso15118pnc"


class _IdToken(msgspec.Struct, rename="camel"):
    id_token: str
    type: str = "eMAID"


class _Named(msgspec.Struct, rename="camel"):
    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str
    responder_url: str = msgspec.field(default="", name="responderURL")

    @property
    def told(self) -> CertificateNamed:
        return CertificateNamed(
            self.hash_algorithm,
            self.issuer_name_hash,
            self.issuer_key_hash,
            self.serial_number,
            self.responder_url,
        )


class _Authorize(msgspec.Struct, rename="camel"):
    id_token: _IdToken | str
    certificate: str | None = None
    iso15118_certificate_hash_data: Annotated[list[_Named], msgspec.Meta(max_length=4)] | None = (
        msgspec.field(default=None, name="iso15118CertificateHashData")
    )


class _Status(msgspec.Struct, rename="camel"):
    ocsp_request_data: _Named


def heard(vendor: str, message: str | None, data: str | None) -> TokenShown | StatusAsked | None:
    """What a car showed, or what is asked for one; what cannot be read is another vendor's."""
    if vendor != VENDOR or not data:
        return None
    try:
        if message == "GetCertificateStatus":
            status = msgspec.json.decode(data, type=_Status)
            return StatusAsked(status.ocsp_request_data.told)
        if message == "Authorize":
            return _shown(msgspec.json.decode(data, type=_Authorize))
    except msgspec.MsgspecError:
        return None
    return None


def _shown(asked: _Authorize) -> TokenShown | None:
    given = asked.id_token if isinstance(asked.id_token, str) else asked.id_token.id_token
    if not given:
        return None
    certificate = asked.certificate or None
    names = () if certificate else asked.iso15118_certificate_hash_data or ()
    return TokenShown(
        TokenUid(given),
        "eMAID",
        certificate=certificate,
        named=tuple(each.told for each in names),
    )


def answered(status: str, decision: Decision) -> str:
    """What stands in the answer: an AuthorizeResponse of 2.0.1, or a GetCertificateStatusResponse.

    ``status`` is how the token stands.
    """
    if decision.ocsp is not None:
        told: dict[str, Any] = {"status": "Accepted" if decision.ocsp else "Failed"}
        if decision.ocsp:
            told["ocspResult"] = decision.ocsp
    else:
        told = {"idTokenInfo": {"status": status}}
        if decision.certificate is not None:
            told["certificateStatus"] = decision.certificate
    return msgspec.json.encode(told).decode()
