"""Whose car it is, what charges by which token, and what was learned."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, TokenUid, new_id
from voltway.runtime.work import Work
from voltway.vehicles import catalogue, store
from voltway.vehicles.model import Charges, Learned, Vehicle
from voltway.vehicles.rules_learning import NOTHING, Lesson, added
from voltway.vehicles.rules_time import Known

#: So many cars somebody may keep.
VEHICLES_MAX: Final = 20
#: What a model does is told to others only once so many different cars have shown it.
CARS_MIN: Final = 3
#: The car of a guest's visit is forgotten after this.
KEEP_VISITS: Final = timedelta(days=2)


#: Where it is asked what would be, and nothing charges yet.
NO_TOKEN: Final = TokenUid("")


class NoSuchModel(Refusal):
    """This model is not in our list of cars. Please choose one that is."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoSuchVehicle(Refusal):
    """This car is not in your account."""

    kind: ClassVar[Kind] = Kind.ABSENT


class TooManyVehicles(Refusal):
    """There are twenty cars in your account already. Please remove one first."""

    kind: ClassVar[Kind] = Kind.LIMIT


async def vehicles(work: Work, email: str) -> list[Vehicle]:
    """Somebody's cars, the oldest first."""
    return await store.vehicles(work, email.lower())


async def default_vehicle(work: Work, email: str) -> Vehicle | None:
    """The car that somebody charges unless they say otherwise."""
    return next((each for each in await vehicles(work, email) if each.is_default), None)


async def add(work: Work, email: str, model: UUID) -> Vehicle:
    """A car of this model, the default if it is the first; twice the same is two cars.

    Raises ``NoSuchModel``, ``TooManyVehicles``.
    """
    if catalogue.model(model) is None:
        raise NoSuchModel
    await store.lock(work, email.lower())
    known = await vehicles(work, email)
    if len(known) >= VEHICLES_MAX:
        raise TooManyVehicles
    made = Vehicle(new_id(work.now), email.lower(), model, is_default=not known)
    await store.add(work, made)
    return made


async def make_default(work: Work, email: str, id: UUID) -> None:
    """Raises ``NoSuchVehicle``."""
    await store.lock(work, email.lower())
    if all(each.id != id for each in await vehicles(work, email)):
        raise NoSuchVehicle
    await store.set_default(work, email.lower(), id)


async def remove(work: Work, email: str, id: UUID) -> None:
    """Forget a car and what it taught; the oldest of the others is the default then.

    Raises ``NoSuchVehicle``.
    """
    await store.lock(work, email.lower())
    if not await store.remove(work, email.lower(), id):
        raise NoSuchVehicle
    left = await vehicles(work, email)
    if left and not any(each.is_default for each in left):
        await store.set_default(work, email.lower(), left[0].id)


async def forget_person(work: Work, email: str) -> None:
    """Forget all cars of somebody."""
    for each in await vehicles(work, email):
        await store.remove(work, email.lower(), each.id)


async def charges(work: Work, charges: Charges) -> None:
    """From now on this car charges by this token. Raises ``NoSuchModel``."""
    if catalogue.model(charges.model) is None:
        raise NoSuchModel
    await store.set_charges(work, charges)


async def came_with(work: Work, party: PartyId, token: TokenUid, percent: int) -> None:
    """With how much the car came that charges by this token now. Raises ``NoSuchVehicle`` where
    nobody said which car that is."""
    known = (await charging(work, [(party, token)])).get((party, token))
    if known is None:
        raise NoSuchVehicle
    await store.set_charges(work, replace(known, comes_with_percent=percent))


async def charging(
    work: Work, tokens: Collection[tuple[PartyId, TokenUid]]
) -> dict[tuple[PartyId, TokenUid], Charges]:
    """The cars that charge by these tokens, as far as anybody said."""
    return await store.charging(work, tokens) if tokens else {}


async def known(work: Work, charges: Charges | None) -> Known:
    """What is known of a car before it charges."""
    if charges is None:
        return Known()
    subjects = [each for each in (charges.vehicle, charges.model) if each is not None]
    found = await store.learned(work, subjects)
    its = found.get(charges.model)
    return Known(
        model=catalogue.model(charges.model),
        vehicle=found.get(charges.vehicle) if charges.vehicle is not None else None,
        of_its_model=its if its is not None and its.cars >= CARS_MIN else None,
    )


async def learn(work: Work, charges: Charges, lesson: Lesson) -> None:
    """Keep what a session showed of its car and of the model."""
    subjects = [each for each in (charges.vehicle, charges.model) if each is not None]
    found = await store.learned(work, subjects, lock=True)
    is_new = True
    if charges.vehicle is not None:
        own = found.get(charges.vehicle, NOTHING)
        is_new = own.sessions == 0
        await store.keep_learned(work, charges.vehicle, _with_car(own, lesson, is_new=is_new))
    its = found.get(charges.model, NOTHING)
    await store.keep_learned(work, charges.model, _with_car(its, lesson, is_new=is_new))


def _with_car(known: Learned, lesson: Lesson, *, is_new: bool) -> Learned:
    more = added(known, lesson)
    return replace(more, cars=max(known.cars + is_new, 1))


async def forget_old(work: Work) -> int:
    """The round: forget which cars guests charged."""
    return await store.forget_charges(work, work.now - KEEP_VISITS, 1_000)
