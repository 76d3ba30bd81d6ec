"""A session that a meter signed is settled by what was found of just these data."""

from dataclasses import replace

import pytest

from tests.evidence.signing import Meter, SlowMeter
from tests.payments.scene import Scene
from tests.web.test_meters import FIRST, LAST, a_signed_visit
from voltway.billing import actions as billing
from voltway.billing import proving
from voltway.billing.model import SettlementState
from voltway.evidence import actions
from voltway.evidence.actions import NothingSigned
from voltway.evidence.model import Verdict
from voltway.kernel.ids import SessionId
from voltway.sessions import actions as sessions


async def test_a_session_that_a_slow_meter_signed_is_settled_when_it_was_judged(
    scene: Scene,
) -> None:
    meter = SlowMeter()
    async with scene.begin() as work:
        await actions.register_key(work, scene.station.station.id, meter.public, by="Olga")
    _, session = await a_signed_visit(scene, meter.record(0, FIRST, LAST))

    async with scene.begin() as work:
        settled = await billing.settlement_of(work, session)
        kept = await actions.dossier(work, session)
    assert settled is not None
    assert settled.state is SettlementState.DONE
    assert kept is not None
    assert kept.finding.verdict is Verdict.VALID


async def test_a_finding_of_other_data_or_another_key_is_not_believed(scene: Scene) -> None:
    meter, other = Meter(), Meter()
    async with scene.begin() as work:
        await actions.register_key(work, scene.station.station.id, meter.public, by="Olga")
    _, session = await a_signed_visit(scene, meter.ocmf(FIRST, LAST))
    async with scene.begin() as work:
        record = await sessions.record_of(work, session)
        question = (await actions.questions(work, [session]))[session]
    finding = await actions.judge(question)

    for stale in (replace(question, pieces=()), replace(question, by_time=not question.by_time)):
        async with scene.begin() as work:
            proofs = await proving.proofs(work, [record], [(stale, finding)])
        assert proofs.open == {session: question}
    async with scene.begin() as work:
        proofs = await proving.proofs(work, [record], [(question, finding)])
    assert not proofs.open
    assert proofs.dossiers[session].finding == finding

    async with scene.begin() as work:
        await actions.register_key(
            work, scene.station.station.id, other.public, by="Olga", since=record.begins
        )
        proofs = await proving.proofs(work, [record], [(question, finding)])
    assert list(proofs.open) == [session]


async def test_a_session_without_signed_data_cannot_be_checked_again(scene: Scene) -> None:
    party = scene.station.party.id
    with pytest.raises(NothingSigned):
        await actions.check_again(scene.begin, party, SessionId(party))
