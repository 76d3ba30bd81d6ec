"""One account at Stripe: the line to it, and what is read there."""

from collections.abc import Callable

import msgspec

from voltway.kernel.money import Money
from voltway.payments.provider import Declined, HoldSeen, ProviderNonsense
from voltway.payments.providers import stripe_seen as seen
from voltway.payments.providers.stripe_amounts import read
from voltway.payments.providers.stripe_line import Line
from voltway.payments.providers.stripe_seen import Intent, Session

INTENT = "pi_"


class _Sessions(msgspec.Struct):
    data: list[Session]


class Account:
    """What all abilities of the adapter share."""

    def __init__(self, name: str, line: Line) -> None:
        self.name = name
        self.line = line

    async def close(self) -> None:
        await self.line.close()

    async def fetch(self, ref: str) -> HoldSeen:
        """The hold as it is now, by the name of its page or of its intent."""
        found: Session | Intent | Declined
        if ref.startswith(INTENT):
            found = await self._intent(ref)
            if isinstance(found, Intent) and found.is_of_a_page:
                found = await self._page_of(found)
        else:
            found = await self._session(ref)
        shown = self._shown(found)
        if isinstance(shown, Declined):
            raise ProviderNonsense(self.name, f"the hold {ref} cannot be fetched ({shown.code})")
        return shown

    async def _session(self, ref: str) -> Session | Declined:
        return await self.line.look(
            Session,
            self.line.v1.checkout.sessions.retrieve_async(
                ref, {"expand": ["payment_intent.latest_charge"]}
            ),
        )

    async def _intent(self, ref: str) -> Intent | Declined:
        return await self.line.look(
            Intent, self.line.v1.payment_intents.retrieve_async(ref, {"expand": ["latest_charge"]})
        )

    async def _page_of(self, intent: Intent) -> Session | Intent | Declined:
        found = await self.line.look(
            _Sessions,
            self.line.v1.checkout.sessions.list_async(
                {
                    "payment_intent": intent.id,
                    "limit": 1,
                    "expand": ["data.payment_intent.latest_charge"],
                }
            ),
        )
        if isinstance(found, Declined):
            return found
        return found.data[0] if found.data else intent

    async def _intent_of(self, ref: str) -> str | Declined:
        """The intent's name, where a hold is still known by the name of its page."""
        if ref.startswith(INTENT):
            return ref
        page = await self._session(ref)
        if isinstance(page, Declined):
            return page
        match page.payment_intent:
            case Intent() as intent if page.status == "complete":
                return intent.id
            case _:
                return Declined(Declined.MOVED_ON, f"Nobody has paid; the page is {page.status}.")

    async def _when(self, ref: str, is_done: Callable[[Intent], bool]) -> Intent | Declined | None:
        """The intent, if what we asked of it is done."""
        now = await self._intent(ref)
        return now if isinstance(now, Declined) or is_done(now) else None

    def _shown(self, found: Session | Intent | Declined) -> HoldSeen | Declined:
        if isinstance(found, Declined):
            return found
        try:
            if isinstance(found, Session):
                return seen.hold_of_session(found)
            return seen.hold_of_intent(found)
        except ValueError as error:
            raise ProviderNonsense(self.name, str(error)) from error

    def _amount(self, number: int, currency: str) -> Money:
        try:
            return read(number, currency)
        except ValueError as error:
            raise ProviderNonsense(self.name, str(error)) from error
