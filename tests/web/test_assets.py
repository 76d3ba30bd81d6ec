"""What pages load: locked without addresses, built once, hashed names."""

import json
import subprocess
import sys
from pathlib import Path

from voltway.web import assets

ROOT = Path(__file__).resolve().parents[2]


def test_the_lock_records_no_addresses() -> None:
    lock = (ROOT / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in locked for name, locked in packages.items() if name)


def test_versions_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "package.json").read_text())

    for versions in (package["dependencies"], package["devDependencies"]):
        assert all(version[0].isdigit() for version in versions.values())


def test_a_second_build_does_nothing() -> None:
    manifest = assets.DIST / "manifest.json"
    before = manifest.stat().st_mtime_ns

    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "build_assets.py")], check=False, timeout=60
    )

    assert done.returncode == 0
    assert manifest.stat().st_mtime_ns == before


def test_sheets_name_fonts_by_their_final_names() -> None:
    built = assets.load()

    sheet = built.served[built.files["driver.css"]].content.decode()
    assert built.files["inter-latin.woff2"] in sheet
    assert 'url("inter-latin.woff2")' not in sheet


def test_a_driver_s_page_sends_few_bytes_of_script() -> None:
    built = assets.load()

    names = ("page.js", "htmx.js", "power.js", "countdown.js", "push.js")
    sent = [built.served[built.files[name]].packed for name in names]
    assert all(sent)
    assert sum(len(script or b"") for script in sent) < 60_000


def test_the_page_that_checks_a_bill_sends_few_bytes_of_script() -> None:
    built = assets.load()

    sent = [built.served[built.files[name]].packed or b"" for name in ("page.js", "check.js")]
    assert all(sent)
    assert sum(map(len, sent)) < 30_000


def test_charts_are_drawn_by_the_library_that_is_locked() -> None:
    built = assets.load()
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/uplot"]

    script = built.served[built.files["power.js"]].content.decode()
    assert f"v{locked['version']}" in script[:300]
    for sheet in ("driver.css", "console.css"):
        assert ".uplot" in built.served[built.files[sheet]].content.decode()
