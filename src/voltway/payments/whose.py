"""Whose a payment is: the account that had signed in when its visit began, or whose saved method
pays for it."""

from voltway.drivers import contracts
from voltway.kernel.ids import DriverId, PartyId
from voltway.payments import methods
from voltway.payments.model import Payment
from voltway.payments.model_methods import MethodId
from voltway.runtime.work import Work


async def account_of(work: Work, paid: Payment) -> str | None:
    """The address of the account whose payment this is; ``None``: a guest's, a company's, or the
    account was deleted."""
    driver = paid.driver
    if driver is None and paid.method is not None:
        driver = DriverId((await methods.method(work, MethodId(paid.method))).holder)
    return None if driver is None else await address_of(work, paid.party, driver)


async def address_of(work: Work, party: PartyId, driver: DriverId) -> str | None:
    """The address of a driver's account; ``None`` where there is no such driver (a customer's card:
    a company pays), or none in it."""
    try:
        return (await contracts.driver_of(work, party, driver)).email
    except contracts.NoSuchDriver:
        return None
