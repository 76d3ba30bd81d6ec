"""Hosts: who has a part in what is charged at their places, what was agreed, and their shares."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, to_builtins

from voltway.billing import actions, paying_hosts
from voltway.billing.actions import NoSuchHost
from voltway.billing.model_hosts import ShareKind, Terms
from voltway.kernel.ids import LocationId, PartyId
from voltway.parties.model import Permission
from voltway.payments.model_transfers import TransferState
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, moves_money, reads
from voltway.web.api.shapes import NO_NUL, Amount, Given, Moment, Page, Shown, Text, shown

HOSTS = Source("host_view")
AGREEMENTS = Source("host_agreement_view")
SHARES = Source("host_share_view")
TRANSFERS = Source("transfer_view")

Fee = Annotated[
    str,
    Meta(pattern=r"^\d{1,7}(\.\d{1,6})?$", description="Net, in major units.", examples=["0.02"]),
]
Percent = Annotated[str, Meta(pattern=r"^(100(\.0+)?|\d{1,2}(\.\d{1,6})?)$", examples=["12.5"])]


class Host(Shown):
    """Who owns a place where stations stand."""

    id: UUID
    name: str
    street: str
    postal_code: str
    city: str
    country: Annotated[str, Meta(description="ISO 3166-1, two letters.", examples=["FI"])]
    vat_id: str | None
    email: str | None
    locale: Annotated[str, Meta(description="The language of their settlements.")]
    pay_days: Annotated[int, Meta(description="Within how many days a settlement is paid.")]
    created_at: Moment
    transfer_provider: Annotated[
        str | None, Meta(description="Who sends their shares; null: they are paid from the bank.")
    ]
    transfer_account: Annotated[
        str | None, Meta(description="Their account there.", examples=["acct_1A2b3C"])
    ]


class NewAccount(Given):
    """Where a host is paid; without an account, from the bank by hand."""

    provider: Annotated[str, Meta(max_length=32, pattern=NO_NUL)] = ""
    account: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""


class Transfer(Shown):
    """What a settlement says, sent to a host."""

    id: UUID
    statement_id: UUID
    number: str
    provider: str
    destination: str
    amount: Amount
    state: Annotated[
        TransferState,
        Meta(description="`asked`: the provider has not answered yet; it is asked again."),
    ]
    trouble: str | None
    why: Annotated[str | None, Meta(description="Why the provider did not send it.")]
    provider_ref: str | None
    entry_id: Annotated[UUID | None, Meta(description="What it is in the books.")]
    asked_by: str
    asked_at: Moment
    ended_at: Moment | None


class NewHost(Given):
    """A host to be added."""

    name: Text
    street: Text
    postal_code: Text
    city: Text
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2}$", examples=["FI"])]
    vat_id: Annotated[str, Meta(max_length=20, pattern=NO_NUL)] = ""
    email: Annotated[str, Meta(max_length=254, pattern=NO_NUL)] = ""
    locale: Annotated[str, Meta(pattern=r"^(en|de|fr|es|nl|fi)$")] = "en"
    pay_days: Annotated[int, Meta(ge=0, le=120)] = 30


class Agreement(Shown):
    """One version of what was agreed with a host for a place. It never changes."""

    id: UUID
    host_id: UUID
    location_id: UUID
    version: int
    valid_from: date
    valid_until: Annotated[date | None, Meta(description="The last day.")]
    percent: Annotated[str, Meta(description="Of the net revenue of a session.")]
    per_session: str
    per_kwh: str
    per_month: str
    currency: str
    vat_rate: Annotated[str | None, Meta(description="On the host's part; null: none is due.")]
    made_at: Moment
    made_by: str


class NewAgreement(Given):
    """What is agreed with a host for a place from a day on. All fees are net."""

    location_id: UUID
    valid_from: date
    valid_until: date | None = None
    percent: Percent = "0"
    per_session: Fee = "0"
    per_kwh: Fee = "0"
    per_month: Fee = "0"
    vat_rate: Percent | None = None


class Share(Shown):
    """A host's part of a session, of the correction of one, or of a month."""

    id: UUID
    host_id: UUID
    agreement_id: UUID
    kind: ShareKind
    session_id: UUID | None
    at: Annotated[Moment, Meta(description="When the session ended, or the month did.")]
    revenue: Annotated[Amount, Meta(description="Net, of the session.")]
    energy_wh: int
    share: Amount
    of_percent: Amount
    of_session: Amount
    of_energy: Amount
    of_month: Amount
    settled_by: Annotated[UUID | None, Meta(description="The settlement it stands on.")]


@reads("/hosts", "List the hosts", Permission.SEE_MONEY)
async def list_hosts(caller: Calling, window: Paging) -> Page[Host]:
    async with caller.begin() as work:
        return await listed(work, HOSTS, window, lambda row: shown(Host, row))


@reads("/hosts/{host_id:uuid}", "Read a host", Permission.SEE_MONEY)
async def read_host(caller: Calling, host_id: FromPath[UUID]) -> Host:
    async with caller.begin() as work:
        return await _host(work, host_id)


@adds("/hosts", "Add a host", Permission.MOVE_MONEY)
async def add_host(caller: Calling, data: JSONBody[NewHost]) -> Host:
    given = {name: str(value) for name, value in to_builtins(data).items()}
    async with caller.begin() as work:
        added = await actions.add_host(
            work, actions.new_host(work, PartyId(caller.actor.party), given)
        )
        await caller.audit(work, "added a host", f"host:{added.id}")
        return await _host(work, added.id)


@reads("/hosts/{host_id:uuid}/agreements", "List what was agreed", Permission.SEE_MONEY)
async def list_agreements(
    caller: Calling, host_id: FromPath[UUID], window: Paging
) -> Page[Agreement]:
    async with caller.begin() as work:
        await _host(work, host_id)
        return await listed(work, AGREEMENTS, window, _agreement, [("host_id = {}", host_id)])


@adds("/hosts/{host_id:uuid}/agreements", "Agree with a host", Permission.MOVE_MONEY)
async def add_agreement(
    caller: Calling, host_id: FromPath[UUID], data: JSONBody[NewAgreement]
) -> Agreement:
    """A new version for the place. Sessions that are settled from now on are shared by the newest
    version that held on the day they began; what was shared before stays as it is."""
    new = actions.NewAgreement(
        location=LocationId(data.location_id),
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        terms=Terms(
            percent=Decimal(data.percent),
            per_session=Decimal(data.per_session),
            per_kwh=Decimal(data.per_kwh),
            per_month=Decimal(data.per_month),
        ),
        vat_rate=None if data.vat_rate is None else Decimal(data.vat_rate),
    )
    async with caller.begin() as work:
        made = await actions.agree(work, host_id, new, by=caller.name)
        await caller.audit(work, "agreed with a host", f"host:{host_id}")
        row = await work.one("SELECT * FROM host_agreement_view WHERE id = $1", made.id)
        assert row is not None, "what was just kept is there"
        return _agreement(row)


@reads("/hosts/{host_id:uuid}/shares", "List the shares of a host", Permission.SEE_MONEY)
async def list_shares(
    caller: Calling,
    host_id: FromPath[UUID],
    window: Paging,
    session: Annotated[UUID | None, QueryParameter(description="Those of this session.")] = None,
    settled_by: Annotated[
        UUID | None, QueryParameter(description="Those on this settlement.")
    ] = None,
) -> Page[Share]:
    async with caller.begin() as work:
        await _host(work, host_id)
        return await listed(
            work,
            SHARES,
            window,
            _share,
            [
                ("host_id = {}", host_id),
                ("session_id = {}", session),
                ("settled_by = {}", settled_by),
            ],
        )


@asks("/hosts/{host_id:uuid}/account", "Say where a host is paid", Permission.MOVE_MONEY)
async def pay_host_by(caller: Calling, host_id: FromPath[UUID], data: JSONBody[NewAccount]) -> Host:
    """From now on, on the day on which a settlement is due."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        given = {"provider": data.provider, "account": data.account}
        await paying_hosts.pay_by(work, caller.house.provider, party, host_id, given)
        await caller.audit(work, "changed to which account a host is paid", f"host:{host_id}")
        return await _host(work, host_id)


@reads("/transfers", "List what was sent to hosts", Permission.SEE_MONEY)
async def list_transfers(
    caller: Calling,
    window: Paging,
    statement: Annotated[UUID | None, QueryParameter(description="For this settlement.")] = None,
) -> Page[Transfer]:
    async with caller.begin() as work:
        return await listed(work, TRANSFERS, window, _transfer, [("about = {}", statement)])


@moves_money("/statements/{statement_id:uuid}/transfer", "Pay a host what a settlement says")
async def pay_host(caller: Calling, statement_id: FromPath[UUID]) -> Transfer:
    """Now, and once: what was sent before, or is on its way, is refused."""
    party = PartyId(caller.actor.party)
    sent = await paying_hosts.pay(
        caller.house.begin, caller.house.provider, party, statement_id, by=caller.name
    )
    async with caller.begin() as work:
        await caller.audit(work, "paid a host", f"statement:{statement_id}")
        row = await work.one("SELECT * FROM transfer_view WHERE id = $1", sent.id)
        assert row is not None, "what was just noted is there"
        return _transfer(row)


def _transfer(row: Row) -> Transfer:
    amount = Amount.of(row["amount_minor"], row["currency"])
    return shown(Transfer, row, statement_id=row["about"], amount=amount)


async def _host(work: Work, id: UUID) -> Host:
    row = await work.one("SELECT * FROM host_view WHERE id = $1", id)
    if row is None:
        raise NoSuchHost(id)
    return shown(Host, row)


def _agreement(row: Row) -> Agreement:
    fees = {
        name: f"{row[name].normalize():f}"
        for name in ("percent", "per_session", "per_kwh", "per_month")
    }
    rate = row["vat_rate"]
    return shown(Agreement, row, **fees, vat_rate=None if rate is None else f"{rate.normalize():f}")


def _share(row: Row) -> Share:
    amounts: dict[str, Any] = {
        "revenue": row["revenue_minor"],
        "share": row["amount_minor"],
        "of_percent": row["percent_minor"],
        "of_session": row["session_minor"],
        "of_energy": row["energy_minor"],
        "of_month": row["month_minor"],
    }
    currency = row["currency"]
    return shown(
        Share, row, **{name: Amount.of(minor, currency) for name, minor in amounts.items()}
    )


ROUTER = Router(
    "/",
    tags=["hosts"],
    route_handlers=[
        list_hosts,
        read_host,
        add_host,
        pay_host_by,
        list_agreements,
        add_agreement,
        list_shares,
        list_transfers,
        pay_host,
    ],
)
