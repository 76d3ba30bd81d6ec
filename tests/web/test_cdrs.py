"""CDRs at the console: listed, beside their session, and taken away as files."""

import json

from tests.billing import ocpi_strict
from tests.billing.words import charged
from tests.payments.scene import Scene
from tests.web.browsers import Browser


async def test_a_cdr_is_listed_shown_with_its_session_and_taken_as_a_file(
    owner: Browser, scene: Scene
) -> None:
    assert "No CDR yet" in await owner.reads("/console/cdrs")
    _, _, session = await charged(scene)
    await scene.settles()

    listed = (await owner.opens("/console/cdrs")).text
    beside = (await owner.opens(f"/console/sessions/{session}")).text
    at = listed.split('href="/console/cdrs/')[1].split("/file")[0]
    assert f"/console/sessions/{session}" in listed
    assert f"/console/cdrs/{at}/file?version=2.2.1" in beside
    for version in ("2.2.1", "2.3.0"):
        one = await owner.opens(f"/console/cdrs/{at}/file?version={version}")
        assert ocpi_strict.read(one.text, version).id == at
        assert "attachment" in one.headers["content-disposition"]
        month = await owner.opens(f"/console/cdrs/file?month=2026-03&version={version}")
        assert json.loads(month.text) == [json.loads(one.text)]
    other = await owner.opens("/console/cdrs/file?month=2026-02")
    assert json.loads(other.text) == []
    wrong = await owner.opens("/console/cdrs/file?month=2026-13")
    assert wrong.status_code == 422
