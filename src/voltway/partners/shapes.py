"""Sessions as OCPI writes them (2.3.0, Session object), for partners."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

from voltway.billing.ocpi_cdr import TOKEN_TYPES
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Row
from voltway.tariffs.model import Cost

NOT_KNOWN: Final = "#NA"  # OCPI 2.2.1 §11.4: what is not known of a place


class Named(Protocol):
    """Whoever is named as the owner of a token."""

    @property
    def country_code(self) -> str: ...
    @property
    def ident(self) -> str: ...
    @property
    def currency(self) -> Currency: ...


def session(
    row: Row, partner: Named, token: Mapping[str, Any] | None, cost: Cost | None, updated: str
) -> dict[str, Any]:
    """A session of ``session_view`` as it stands. ``cost``: what it costs so far, where that can be
    said; ``token``: the contract as it is registered."""
    said: dict[str, Any] = {
        "country_code": partner.country_code,
        "party_id": partner.ident,
        "id": str(row["id"]),
        "start_date_time": moment(row["started_at"]),
        "end_date_time": moment(row["ended_at"]) if row["ended_at"] else None,
        "kwh": Decimal(row["energy_wh"] or 0) / 1000,
        "cdr_token": cdr_token(partner, token, row["token_uid"]),
        "auth_method": "COMMAND" if row["remote_start_id"] else "AUTH_REQUEST",
        "location_id": str(row["location_id"]),
        "evse_uid": str(row["evse_id"]) if row["evse_id"] else NOT_KNOWN,
        "evse_id": row["public_id"],
        "connector_id": "1" if row["evse_id"] else NOT_KNOWN,
        "currency": partner.currency,
        "total_cost": _price(cost),
        "status": "ACTIVE" if row["running"] else "COMPLETED",
        "last_updated": updated,
    }
    return {name: value for name, value in said.items() if value is not None}


def cdr_token(partner: Named, token: Mapping[str, Any] | None, uid: str) -> dict[str, Any]:
    """OCPI 2.3.0, CdrToken."""
    return {
        "country_code": partner.country_code,
        "party_id": partner.ident,
        "uid": uid,
        "type": TOKEN_TYPES.get(token["kind"] if token else "", "OTHER"),
        "contract_id": (token["contract"] if token else None) or uid,
    }


def moment(at: Any) -> str:
    """A moment as OCPI writes it (2.3.0 §16.3: RFC 3339, UTC, whole seconds)."""
    return str(at.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _price(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    total = Money(cost.payable.minor, cost.currency).decimal
    taxes = [
        {
            "name": "VAT",
            "percentage": line.rate,
            "amount": round(line.tax, 4),
        }
        for line in cost.taxes
        if line.rate is not None
    ]
    before = round(total - sum((line.tax for line in cost.taxes), start=Decimal()), 4)
    return {"before_taxes": before, **({"taxes": taxes} if taxes else {})}
