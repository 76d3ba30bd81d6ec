"""Payment terminals: what they hold, what they took, and what does not fit."""

from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.partners import platforms
from voltway.payments.rules_terminals import DOUBTFUL
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

SHOWN: Final = 200

_TERMINALS: Final = """
    SELECT s.id, s.identity, s.location_name, s.connected,
           (SELECT string_agg(e.public_id, ', ' ORDER BY e.number)
              FROM evse_view e WHERE e.station_id = s.id) AS bays,
           count(*) FILTER (WHERE h.state = 'held') AS held,
           coalesce(sum(h.held_minor) FILTER (WHERE h.state = 'held'), 0)::bigint AS held_minor,
           coalesce(sum(h.settled_minor) FILTER (WHERE h.ended_at > $1::timestamptz
                                                   - interval '30 days'), 0)::bigint AS took_minor,
           max(h.ended_at) FILTER (WHERE h.state = 'settled') AS settled_at
      FROM terminal_hold_view h JOIN station_view s ON s.id = h.station_id
     WHERE h.provider_id IS NULL
     GROUP BY s.id, s.identity, s.location_name, s.connected
     ORDER BY s.location_name, s.identity
     LIMIT $2
"""

#: Terminals that stand alone, as their platforms told of them, with what the bays of each brought.
_KIOSKS: Final = """
    SELECT k.terminal_id, k.provider, k.revoked_at,
           (SELECT string_agg(e.public_id, ', ' ORDER BY e.public_id)
              FROM evse_view e WHERE e.id = ANY(k.evses)) AS bays,
           h.held, h.held_minor, h.took_minor, h.settled_at
      FROM kiosk_view k
      CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE t.state = 'held') AS held,
                  coalesce(sum(t.held_minor) FILTER (WHERE t.state = 'held'), 0)::bigint
                      AS held_minor,
                  coalesce(sum(t.settled_minor) FILTER (WHERE t.ended_at > $1::timestamptz
                                                          - interval '30 days'), 0)::bigint
                      AS took_minor,
                  max(t.ended_at) FILTER (WHERE t.state = 'settled') AS settled_at
             FROM terminal_hold_view t
             JOIN payment_view p ON p.id = t.payment_id
            WHERE t.provider_id = k.provider_id AND p.evse_id = ANY(k.evses)) h
     ORDER BY k.provider, k.terminal_id
     LIMIT $2
"""

#: Charges that are over and of which their terminal has told nothing, the oldest first.
_UNSETTLED: Final = """
    SELECT h.psp_ref, h.payment_id, s.identity, s.location_name, c.ended_at, h.held_minor
      FROM terminal_hold_view h
      JOIN payment_view p ON p.id = h.payment_id
      JOIN session_view c ON c.id = p.session_id
      JOIN station_view s ON s.id = h.station_id
     WHERE h.state = 'held' AND c.ended_at IS NOT NULL
     ORDER BY c.ended_at
     LIMIT $1
"""

#: What a person should look at: what was told and could not be followed, and what was taken that is
#: not what the bill says.
_DOUBTS: Final = """
    SELECT t.told_at, s.identity, s.location_name, t.psp_ref, t.status, t.amount, t.verdict, t.said,
           h.payment_id, NULL::bigint AS bill_minor, NULL::bigint AS took_minor
      FROM terminal_settlement_view t
      LEFT JOIN station_view s ON s.id = t.station_id
      LEFT JOIN terminal_hold_view h ON h.psp_ref = t.psp_ref AND h.party_id = t.party_id
     WHERE t.verdict = ANY($1::text[])
     UNION ALL
    SELECT h.ended_at, s.identity, s.location_name, h.psp_ref, 'Settled', '', 'other_amount', '',
           h.payment_id, i.total_minor, h.settled_minor
      FROM terminal_hold_view h
      JOIN station_view s ON s.id = h.station_id
      JOIN invoice_view i ON i.payment_id = h.payment_id
     WHERE h.state = 'settled' AND i.total_minor <> h.settled_minor
     ORDER BY 1 DESC
     LIMIT $2
"""

#: Stations whose terminal is set to leave settling to us, so that its cards open nothing.
_LEFT_TO_US: Final = """
    SELECT s.id, s.identity, s.location_name, v.told_at
      FROM variable_view v JOIN station_view s ON s.id = v.station_id
     WHERE v.component = 'PaymentCtrlr' AND v.name = 'SettlementByCSMS' AND v.attribute = 'Actual'
       AND lower(v.value) = 'true'
     ORDER BY s.location_name, s.identity
     LIMIT $1
"""

#: Platforms that are told, and how that goes.
_LINES: Final = """
    SELECT l.provider_id, p.name, p.revoked_at, l.url, l.heard_at, l.trouble, l.waiting, l.dead
      FROM platform_line_view l JOIN terminal_provider_view p ON p.id = l.provider_id
     ORDER BY p.name, l.provider_id
     LIMIT $1
"""

#: What they were told in vain; what was laid aside comes first.
_UNHEARD: Final = """
    SELECT u.*, p.name FROM platform_push_view u
      JOIN terminal_provider_view p ON p.id = u.provider_id
     WHERE u.state = 'dead' OR (u.state = 'waiting' AND u.tries > 0)
     ORDER BY u.state = 'waiting', u.number
     LIMIT $1
"""


@get("/terminals", include_in_schema=False)
async def list_terminals(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        terminals = await work.all(_TERMINALS, work.now, SHOWN)
        kiosks = await work.all(_KIOSKS, work.now, SHOWN)
        unsettled = await work.all(_UNSETTLED, SHOWN)
        doubts = await work.all(_DOUBTS, [str(each) for each in DOUBTFUL], SHOWN)
        left_to_us = await work.all(_LEFT_TO_US, SHOWN)
        lines = await work.all(_LINES, SHOWN)
        unheard = await work.all(_UNHEARD, SHOWN)
    return await console_page(
        request,
        house,
        actor,
        "console/terminals.html",
        place="money",
        terminals=terminals,
        kiosks=kiosks,
        unsettled=unsettled,
        doubts=doubts,
        left_to_us=left_to_us,
        lines=lines,
        unheard=unheard,
        may_tell=actor.may(Permission.ORDER_STATION),
    )


@post("/terminals/{platform:uuid}/again", include_in_schema=False)
async def tell_platform_again(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    platform: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Tell a platform once more what waits or was laid aside."""
    actor.must(Permission.SEE_MONEY)
    actor.must(Permission.ORDER_STATION)
    push = uuid_of(data.get("push", ""))
    if push is None:
        raise platforms.NoSuchPush
    async with house.begin(actor.party) as work:
        await platforms.tell_again(work, actor.party, platform, push)
        await parties.audit(work, actor, "told a platform again", f"platform_push:{push}")
    return see_other("/console/terminals")
