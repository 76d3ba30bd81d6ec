"""Plug & Charge of 1.6 stations, in DataTransfer: the OCA application note "Using ISO 15118 Plug &
Charge with OCPP 1.6" puts the Authorize of 2.0.1 into it, as JSON."""

from typing import Any, Final

import msgspec

from voltway.kernel.ids import TokenUid
from voltway.stations.reports import TokenShown

VENDOR: Final = "org.openchargealliance.iso15118pnc"


class _IdToken(msgspec.Struct, rename="camel"):
    id_token: str
    type: str = "eMAID"


class _Authorize(msgspec.Struct, rename="camel"):
    id_token: _IdToken | str
    certificate: str | None = None
    iso15118_certificate_hash_data: list[Any] | None = msgspec.field(
        default=None, name="iso15118CertificateHashData"
    )


def shown(vendor: str, message: str | None, data: str | None) -> TokenShown | None:
    """The contract that a car showed, if this is one; what cannot be read is another vendor's."""
    if vendor != VENDOR or message != "Authorize" or not data:
        return None
    try:
        asked = msgspec.json.decode(data, type=_Authorize)
    except msgspec.MsgspecError:
        return None
    given = asked.id_token if isinstance(asked.id_token, str) else asked.id_token.id_token
    if not given:
        return None
    certificate = asked.certificate or None
    return TokenShown(
        TokenUid(given),
        "eMAID",
        certificate=certificate,
        hashed=certificate is None and bool(asked.iso15118_certificate_hash_data),
    )


def answered(status: str, certificate: str | None) -> str:
    """What stands in the answer: the AuthorizeResponse of 2.0.1."""
    told: dict[str, Any] = {"idTokenInfo": {"status": status}}
    if certificate is not None:
        told["certificateStatus"] = certificate
    return msgspec.json.encode(told).decode()
