"""Tokens: what drivers show, and whether it opens a station."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from voltway.billing import fleets
from voltway.drivers import actions
from voltway.drivers.actions import NoSuchToken
from voltway.drivers.model import Bar, TokenKind, TokenStatus
from voltway.kernel.ids import ContractId, TokenId
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, changes, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, shown, utc

TOKENS = Source("token_view")


class Token(Shown):
    """What a driver shows."""

    id: UUID
    uid: Annotated[str, Meta(description="As a station reads it.", examples=["04A1B2C3D4E5F6"])]
    kind: TokenKind
    label: str
    status: TokenStatus
    valid_until: Moment | None
    tariff_version_id: Annotated[
        UUID | None, Meta(description="The price that this driver was shown, if one was.")
    ]
    email: str | None
    contract_id: Annotated[UUID | None, Meta(description="The contract that it stands for.")]
    bars: Annotated[
        list[Bar], Meta(description="Why it opens no station for now, beside its status.")
    ]
    lost_at: Annotated[
        Moment | None, Meta(description="When its driver reported it lost; it is blocked since.")
    ]
    created_at: Moment


class NewToken(Given):
    """A token to be added."""

    uid: Annotated[str, Meta(min_length=1, max_length=36, pattern=NO_NUL)]
    kind: Literal["rfid", "app", "contract"] = "rfid"
    label: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""
    valid_until: Moment | None = None
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00\s@]+@[^\x00\s@]+$")] | None = None


class TokenChange(Given):
    """What changes at a token."""

    status: Annotated[
        Literal["active", "blocked"] | UnsetType, Meta(description="Blocked opens no station.")
    ] = UNSET
    contract_id: Annotated[
        UUID | UnsetType | None, Meta(description="The contract that it stands for; null: none.")
    ] = UNSET


@reads("/tokens", "List the tokens")
async def list_tokens(
    caller: Calling,
    window: Paging,
    kind: Annotated[TokenKind | None, QueryParameter(description="Those of this kind.")] = None,
    status: Annotated[
        TokenStatus | None, QueryParameter(description="Those that stand so.")
    ] = None,
    uid: Annotated[str | None, QueryParameter(max_length=36, pattern=NO_NUL)] = None,
) -> Page[Token]:
    async with caller.begin() as work:
        return await listed(
            work,
            TOKENS,
            window,
            lambda row: shown(Token, row),
            [("kind = {}", kind), ("status = {}", status), ("lower(uid) = lower({}::text)", uid)],
        )


@reads("/tokens/{token_id:uuid}", "Read a token")
async def read_token(caller: Calling, token_id: FromPath[UUID]) -> Token:
    async with caller.begin() as work:
        return await _shown(work, token_id)


@adds("/tokens", "Add a token", Permission.EDIT_NETWORK)
async def add_token(caller: Calling, data: JSONBody[NewToken]) -> Token:
    async with caller.begin() as work:
        added = await actions.add_token(
            work,
            caller.actor.party,
            data.uid,
            kind=TokenKind(data.kind),
            label=data.label,
            valid_until=None if data.valid_until is None else utc(data.valid_until),
            email=data.email,
        )
        await caller.audit(work, "added a token", f"token:{added.id}")
        return await _shown(work, added.id)


@changes(
    "/tokens/{token_id:uuid}",
    "Block a token, let it in again, or say what it stands for",
    Permission.EDIT_NETWORK,
)
async def change_token(
    caller: Calling, token_id: FromPath[UUID], data: JSONBody[TokenChange]
) -> Token:
    async with caller.begin() as work:
        if data.status == "blocked":
            await actions.block(work, TokenId(token_id))
            await caller.audit(work, "blocked a token", f"token:{token_id}")
        elif data.status == "active":
            await actions.unblock(work, TokenId(token_id))
            await caller.audit(work, "let a token in again", f"token:{token_id}")
        if data.contract_id is not UNSET:
            contract = None if data.contract_id is None else ContractId(data.contract_id)
            await fleets.stands_for(work, TokenId(token_id), contract)
            await caller.audit(work, "said what a token stands for", f"token:{token_id}")
        return await _shown(work, token_id)


async def _shown(work: Work, id: UUID) -> Token:
    row = await work.one("SELECT * FROM token_view WHERE id = $1", id)
    if row is None:
        raise NoSuchToken(TokenId(id))
    return shown(Token, row)


ROUTER = Router(
    "/", tags=["tokens"], route_handlers=[list_tokens, read_token, add_token, change_token]
)
