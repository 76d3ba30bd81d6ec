"""The two roles that work is done in, made once on each database server."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from voltway.kernel.errors import Misconfigured

HOUSE: Final = "voltway_house"
PARTY: Final = "voltway_app"


@dataclass(eq=False)
class RolesMissing(Misconfigured):
    """
    The database account {account} may not create roles. Let an administrator of the database run
    once: CREATE ROLE voltway_house NOLOGIN BYPASSRLS; CREATE ROLE voltway_app NOLOGIN;
    GRANT voltway_house, voltway_app TO "{account}";
    """

    account: str


async def ensure_roles(owner: "asyncpg.Connection[Any]") -> None:
    """Make the roles where they are missing, and let this account assume them."""
    ready = await owner.fetchval(
        """
        SELECT count(*) = 2 AND bool_and(pg_has_role(current_user, oid, 'SET'))
          FROM pg_roles
         WHERE rolname = ANY($1)
        """,
        [HOUSE, PARTY],
    )
    if ready:
        return
    try:
        await _make(owner, HOUSE, "BYPASSRLS")
        await _make(owner, PARTY, "NOBYPASSRLS")
        await owner.execute(f"GRANT {HOUSE}, {PARTY} TO CURRENT_USER")
    except asyncpg.InsufficientPrivilegeError:
        account = await owner.fetchval("SELECT current_user")
        raise RolesMissing(account) from None


async def _make(owner: "asyncpg.Connection[Any]", name: str, wall: str) -> None:
    """Make one role. Only a superuser may give BYPASSRLS; without it the house obeys policies that
    let it through, and copies rows by INSERT, because COPY refuses tables with policies."""
    for options in (wall, ""):
        try:
            await owner.execute(f"CREATE ROLE {name} NOLOGIN {options}")
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            return  # another voltway on this server was quicker
        except asyncpg.InsufficientPrivilegeError:
            if not options:
                raise
        else:
            return
