"""What is asked of others after the commit, before a station is answered: who pays for a token, the
issuers of a car's certificate, the register of VAT ids. That station waits, and no other.
"""

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import structlog
from msgspec.structs import replace

from voltway.billing.registers import VatRegister
from voltway.drivers.revocation import Issuers, Named, Shown
from voltway.drivers.rules_certificates import BROKEN, answered
from voltway.drivers.rules_ocsp import key_told
from voltway.kernel.ids import PartyId
from voltway.ocpp import vat
from voltway.ocpp.asking import Asks, asked, asks_nobody
from voltway.stations.reports import CertificateNamed, Decision, StatusAsked, TokenShown

if TYPE_CHECKING:
    from voltway.ocpp.batch import Pending

log = structlog.get_logger("voltway.ocpp")

#: Longer than issuers may take, who are all asked at once.
ISSUERS_S_MAX: Final = 8.0
#: The longest answer that stations take (GetCertificateStatusResponse.ocspResult).
OCSP_LENGTH_MAX: Final = {"2.1": 18_000}
OCSP_LENGTH_USUAL: Final = 5_500


class Afterwards:
    def __init__(
        self,
        asks: Asks = asks_nobody,
        register: VatRegister | None = None,
        issuers: Issuers | None = None,
    ) -> None:
        self._asks = asks
        self._register = register
        self._issuers = issuers

    def is_due(self, pending: "Pending", decision: Decision) -> bool:
        """Whether somebody is to be asked before this is answered."""
        if decision.asks is not None or decision.issuers:
            return True
        reports = pending.reports
        return vat.number_in(reports) is not None or _status_asked(pending) is not None

    async def decided(self, pending: "Pending", decision: Decision, *, begun: bool) -> Decision:
        """The decision as it is once all were asked. Never raises."""
        number = vat.number_in(pending.reports)
        if number is not None:
            return await vat.judged(self._register, decision, number)
        status = _status_asked(pending)
        if status is not None:
            return replace(decision, ocsp=await self._ocsp(pending, status))
        if decision.issuers:
            decision = await self._by_issuers(pending, decision)
        if decision.asks is not None and decision.token == "accepted":
            decision = await asked(self._asks, decision, pending.link.station, begun=begun)
        return decision

    async def _by_issuers(self, pending: "Pending", decision: Decision) -> Decision:
        [report] = [each for each in pending.reports if isinstance(each, TokenShown)]
        shown = Shown(
            party=PartyId(pending.link.party),
            station=pending.link.station,
            token=report.token,
            chain=report.certificate,
            named=[_named(each) for each in report.named],
        )
        word = BROKEN
        if self._issuers is not None:
            try:
                async with asyncio.timeout(ISSUERS_S_MAX):
                    word = await self._issuers.standing_of(shown)
            except Exception:  # a certificate that could not be checked opens nothing
                log.exception("issuers_not_asked", station=str(pending.link.station))
        token, certificate = answered(decision.token or "", word)
        return replace(decision, token=token, certificate=certificate)

    async def _ocsp(self, pending: "Pending", status: StatusAsked) -> str:
        if self._issuers is None:
            return ""
        try:
            async with asyncio.timeout(ISSUERS_S_MAX):
                told = await self._issuers.answer_about(
                    PartyId(pending.link.party), _named(status.certificate)
                )
        except Exception:  # none is an answer too
            log.exception("issuers_not_asked", station=str(pending.link.station))
            return ""
        text = b64encode(told or b"").decode()
        version = pending.link.dialect.version
        return text if len(text) <= OCSP_LENGTH_MAX.get(version, OCSP_LENGTH_USUAL) else ""


def _status_asked(pending: "Pending") -> StatusAsked | None:
    first = pending.reports[0] if len(pending.reports) == 1 else None
    return first if isinstance(first, StatusAsked) else None


def _named(told: CertificateNamed) -> Named:
    key = key_told(told.algorithm, told.name_hash, told.key_hash, told.serial)
    return Named(key, told.responder)
