"""Whatever fails, and whenever, the provider's books equal ours and no money moves twice."""

from pathlib import Path
from typing import get_args

import pytest

from tests.payments import matrix
from tests.payments.providers import KINDS
from tests.payments.providers import Kind as ProviderKind
from tests.payments.scene import a_scene
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Kind


def test_the_matrix_knows_every_fault() -> None:
    webhooks = {each for each in matrix.WEBHOOKS if each and each.startswith("webhook_")}

    assert {*matrix.NETWORK, *webhooks} == set(get_args(Kind))
    assert sum(len(list(matrix.every_case(kind))) for kind in KINDS) >= 2400


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.campaign
async def test_whatever_fails_the_books_of_the_provider_equal_ours(
    database: Database, clock: JumpingClock, tmp_path: Path, kind: ProviderKind
) -> None:
    cases = matrix.a_sample(kind)
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as bank:
        # It waits a moment only for answers, for many of them never come.
        provider = kind.speaks_to(bank, timeout_s=0.25)
        async with a_scene(database, clock, bank, provider) as scene:
            await matrix.play(scene, kind, cases)
            await matrix.audit(scene, cases)
        await provider.close()
