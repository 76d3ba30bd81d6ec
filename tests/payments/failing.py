"""Starts that fail, one after the other: they make a bay doubtful."""

from datetime import timedelta

from tests.network import AStation
from tests.payments.scene import Scene
from voltway.kernel.ids import new_id
from voltway.payments.actions_visit import START_WITHIN_S
from voltway.payments.starts import MISSES
from voltway.runtime.work import BeginWork


async def fails(scene: Scene, *, bay: int = 1, times: int = 3) -> None:
    """So many people pay at a bay, and its station takes up none of their starts."""
    for _ in range(times):
        await scene.pays(await scene.opens(bay=bay))
        scene.clock.jump(timedelta(seconds=START_WITHIN_S))
        await scene.sweeps()


async def has_failed(begin: BeginWork, station: AStation, bay: int = 1) -> None:
    """The last starts at a bay failed, in the hours before: as they are kept."""
    async with begin() as work:
        for nth in range(1, MISSES + 1):
            at = work.now - timedelta(hours=nth)
            order, payment = new_id(at), new_id(at)
            await work.run(
                """
                INSERT INTO station_order (id, party_id, station_id, kind, body, placed_by, urgency,
                                           state, placed_at, expires_at)
                VALUES ($1, $2, $3, 'StartCharging', '{}', 'a test', 0, 'silent', $4, $4)
                """,
                order,
                station.party.id,
                station.station.id,
                at,
            )
            await work.run(
                """
                INSERT INTO payment (id, party_id, visit_key, evse_id, station_id, token_uid,
                                     tariff_version_id, locale, provider, return_url, cancel_url,
                                     description, hold_minor, currency, created_at, held_at, state,
                                     why, order_id)
                VALUES ($1, $2, $3, $4, $5, $3, $1, 'en', 'simulated', '/', '/', '-', 5000, 'EUR',
                        $6, $6, 'released', 'nothing_started', $7)
                """,
                payment,
                station.party.id,
                f"{payment}-of-a-test",
                station.evse(bay),
                station.station.id,
                at,
                order,
            )
