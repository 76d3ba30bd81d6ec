"""CDRs of sessions that were paid: frozen once, equal to the receipt, never changed."""

from decimal import Decimal

import asyncpg
import pytest

from tests.billing import ocpi_strict
from tests.billing.ocpi_strict import both, sum_of_parts
from tests.billing.words import charged, receipt
from tests.payments.scene import Scene
from voltway.billing import actions, cdrs, ocpi_cdr
from voltway.tariffs.ocpi_write import OcpiVersion


async def test_a_paid_session_has_one_cdr_and_it_says_what_the_receipt_says(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    await scene.settles()

    _, made = await receipt(scene, session)
    async with scene.begin() as work:
        [kept] = await actions.kept_cdrs_of(work, session)
        billed = await actions.cdr_of(work, session)
        assert billed is not None
        await cdrs.freeze(work, [billed])  # told again
        assert len(await actions.kept_cdrs_of(work, session)) == 1
    assert (kept.record.cdr, kept.record.cdr_sha256) == (made.cdr, made.cdr_sha256)
    for version in ocpi_cdr.VERSIONS:
        cdr = ocpi_strict.read(ocpi_cdr.json_text(kept.record, version), version)
        assert both(cdr.total_cost) == (
            Decimal(made.net_minor) / 100,
            Decimal(made.total_minor) / 100,
        )
        assert sum_of_parts(cdr) == both(cdr.total_cost)
        assert cdr.session_id == str(session)
        assert cdr.total_energy == 20
        assert cdr.total_time == 1
        assert cdr.cdr_location.evse_id == made.place.evse
        assert cdr.cdr_token.type == "AD_HOC_USER"
        assert (cdr.remark or "").startswith("Ended: EVDisconnected.")


async def test_a_cdr_keeps_the_place_as_it_was_and_no_hand_changes_it(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    async with scene.begin() as work:
        await work.run("UPDATE location SET name = 'Renamed'")
        [kept] = await actions.kept_cdrs_of(work, session)
    assert kept.record.place.name == "Market Square"

    with pytest.raises(asyncpg.RestrictViolationError):
        async with scene.begin() as work:
            await work.run("UPDATE ocpi_cdr SET total_minor = 0")


async def test_no_version_older_than_credits_is_written(scene: Scene) -> None:
    _, _, session = await charged(scene)
    await scene.settles()
    async with scene.begin() as work:
        [kept] = await actions.kept_cdrs_of(work, session)

    with pytest.raises(ocpi_cdr.NoCdrsInVersion):
        ocpi_cdr.document(kept.record, OcpiVersion.V211)
