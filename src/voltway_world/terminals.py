"""A platform of stand-alone payment terminals, simulated: it speaks OCPI 2.3.0 to a network, and
takes money at an acquirer of its own."""

import itertools
from base64 import b64encode
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from voltway_world.calling import a_line


@dataclass
class Platform:
    """``base`` is the network's address, ``key`` what it gave to the platform."""

    base: str
    key: str
    #: Where it hears the results of its commands; of nobody's, if it does not listen.
    hears_at: str = "http://127.0.0.1:1/nobody-listens"
    #: What its acquirer has taken, by the reference of the card.
    taken: dict[str, Decimal] = field(default_factory=dict)
    #: Where a driver finds the bill, by the reference of the card.
    bills: dict[str, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def says(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """What the network answers, with its envelope."""
        shown = b64encode(self.key.encode()).decode()
        async with a_line() as line:
            answer = await line.request(
                method,
                f"{self.base}/ocpi/2.3.0/{path}",
                json=body,
                params=query,
                headers={"Authorization": f"Token {shown}"},
            )
        return answer.json()

    async def ships(self, terminal: str) -> Any:
        """Tell of a new terminal."""
        told = {"terminal_id": terminal, "last_updated": "2026-01-01T00:00:00Z"}
        return await self.says("POST", "payments/terminals", told)

    async def bays(self, terminal: str) -> list[str]:
        """What the terminal offers on its screen."""
        told = await self.says("GET", f"payments/terminals/{terminal}")
        offered: list[str] = told["data"]["evse_uids"]
        return offered

    async def sells(self, bay: str, reference: str) -> Any:
        """A card was held, and its driver has chosen a bay: have it started."""
        command = {
            "response_url": f"{self.hears_at}/commands/START_SESSION/{reference}",
            "token": {"uid": reference, "type": "AD_HOC_USER"},
            "location_id": "any",
            "evse_uid": bay,
            "authorization_reference": reference,
        }
        return (await self.says("POST", "commands/START_SESSION", command))["data"]

    async def stops(self, session: str, name: str) -> Any:
        """The driver wants an end, or the card is used up."""
        command = {
            "response_url": f"{self.hears_at}/commands/STOP_SESSION/{name}",
            "session_id": session,
        }
        return (await self.says("POST", "commands/STOP_SESSION", command))["data"]

    async def settles(self) -> int:
        """Take what new CDRs say, at the acquirer, and confirm it; how many."""
        done = 0
        for cdr in (await self.says("GET", "cdrs"))["data"]:
            reference = cdr["authorization_reference"]
            if reference in self.taken:
                continue
            price = cdr["total_cost"]
            self.taken[reference] = gross(price)
            base = (await self.says("GET", "payments/terminals/T-1"))["data"]["invoice_base_url"]
            self.bills[reference] = f"{base}{cdr['invoice_reference_id']}"
            await self.confirms(reference, price, cdr["currency"])
            done += 1
        return done

    async def confirms(
        self, reference: str, price: Any, currency: str = "EUR", status: str = "SUCCESS"
    ) -> Any:
        told = {
            "id": f"advice-{next(self._numbers)}",
            "authorization_reference": reference,
            "total_costs": price,
            "currency": currency,
            "eft_data": ["VISA contactless", "AID A0000000031010"],
            "capture_status_code": status,
            "last_updated": "2026-01-01T00:00:00Z",
        }
        return await self.says("POST", "payments/financial-advice-confirmations", told)


def gross(price: Any) -> Decimal:
    """A price of OCPI 2.3.0 with its taxes."""
    taxes = (Decimal(str(tax["amount"])) for tax in price.get("taxes", ()))
    return Decimal(str(price["before_taxes"])) + sum(taxes, Decimal())
