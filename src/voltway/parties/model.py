"""Who operates and who may do what: parties, operators, roles, and the actor of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OperatorId, PartyId
from voltway.kernel.money import Currency, Money
from voltway.kernel.units import EnergyWh


@dataclass(frozen=True, slots=True)
class Party:
    """Whoever operates, sells or roams (OCPI: ``country_code`` and ``party_id``)."""

    id: PartyId
    country_code: str
    ident: str
    name: str
    legal_name: str
    vat_id: str | None
    currency: Currency
    time_zone: str
    locale: str
    hold_minor: int
    no_charge_below_wh: EnergyWh
    created_at: datetime
    address: Mapping[str, str] = field(default_factory=dict)

    @property
    def hold(self) -> Money:
        """What is set aside on a guest's card before energy flows."""
        return Money(self.hold_minor, self.currency)


class Permission(StrEnum):
    """What somebody may be allowed to do. ``words`` finishes the sentence "you may not …"."""

    SEE_ALL = "see_all"
    ORDER_STATION = "order_station"
    RAW_CALL = "raw_call"
    EDIT_NETWORK = "edit_network"
    EDIT_TARIFFS = "edit_tariffs"
    SEE_MONEY = "see_money"
    MOVE_MONEY = "move_money"
    CLOSE_BOOKS = "close_books"
    MANAGE_PEOPLE = "manage_people"
    ACT_AS_PARTNER = "act_as_partner"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Permission.SEE_ALL: "see this network",
    Permission.ORDER_STATION: "give orders to stations",
    Permission.RAW_CALL: "send raw calls to stations",
    Permission.EDIT_NETWORK: "change locations, stations and tokens",
    Permission.EDIT_TARIFFS: "change prices",
    Permission.SEE_MONEY: "see payments and books",
    Permission.MOVE_MONEY: "move money",
    Permission.CLOSE_BOOKS: "close months of the books",
    Permission.MANAGE_PEOPLE: "manage people, keys and the party's details",
    Permission.ACT_AS_PARTNER: "act as a partner's platform",
}


class Role(StrEnum):
    """What an operator or a key is there for."""

    OWNER = "owner"
    OPERATOR = "operator"
    SUPPORT = "support"
    VIEWER = "viewer"
    PARTNER = "partner"  # of keys alone: the platform of an EV maker or mobility provider


#: The whole law of who may do what.
MAY: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission) - {Permission.ACT_AS_PARTNER},
    Role.OPERATOR: frozenset(Permission)
    - {
        Permission.MOVE_MONEY,
        Permission.CLOSE_BOOKS,
        Permission.MANAGE_PEOPLE,
        Permission.ACT_AS_PARTNER,
    },
    Role.SUPPORT: frozenset(
        {
            Permission.SEE_ALL,
            Permission.ORDER_STATION,
            Permission.SEE_MONEY,
            Permission.MOVE_MONEY,
        }
    ),
    Role.VIEWER: frozenset({Permission.SEE_ALL}),
    Role.PARTNER: frozenset({Permission.ACT_AS_PARTNER}),
}


@dataclass(eq=False)
class NotAllowed(Refusal):
    """The role {role} may not {words}; {owners} may."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN

    role: Role
    permission: Permission
    words: str
    owners: str


class ActorKind(StrEnum):
    OPERATOR = "operator"
    API_KEY = "api_key"
    HOUSE = "house"  # the command line on this machine, and what runs by itself


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a signed-in operator, a key, or the house itself."""

    party: PartyId
    kind: ActorKind
    id: UUID | None
    name: str
    role: Role

    def may(self, permission: Permission) -> bool:
        return permission in MAY[self.role]

    def must(self, permission: Permission) -> None:
        """Refuse unless the role holds the permission; the refusal names the roles that do."""
        if not self.may(permission):
            able = [role.value for role in Role if permission in MAY[role]]
            raise NotAllowed(self.role, permission, permission.words, " and ".join(able))


def house(party: PartyId) -> Actor:
    """The house acting for a party by itself."""
    return Actor(party, ActorKind.HOUSE, None, "Voltway", Role.OWNER)


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who works at a party."""

    id: OperatorId
    party: PartyId
    email: str
    name: str
    role: Role
    active: bool = True

    @property
    def actor(self) -> Actor:
        return Actor(self.party, ActorKind.OPERATOR, self.id, self.name, self.role)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``token`` is the secret for the cookie, in clear only here."""

    token: str
    actor: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it; its secret was shown once and is not kept."""

    id: UUID
    party: PartyId
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Audited:
    """One line of the record of who did what."""

    at: datetime
    who: str
    kind: ActorKind
    did: str
    on: str
    detail: Mapping[str, str]
