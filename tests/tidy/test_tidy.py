"""House rules that no linter knows. Each failure says what to do."""

import ast
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "voltway"
FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "base", "service"}
WIRE = re.compile(r"/ocpp/v\d+/wire(/|\.py)")  # generated from the standard's schemas

FILES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
WRITTEN = [file for file in FILES if not WIRE.search(file.as_posix())]


def of_each(files: Sequence[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """A rule for these files as one test, which names all that break it."""

    def over(rule: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            broken = []
            for file in files:
                try:
                    rule(file)
                except AssertionError as why:
                    broken.append(f"{file.relative_to(ROOT)}: {str(why).splitlines()[0]}")
            assert not broken, "\n" + "\n".join(broken)

        test.__name__ = rule.__name__
        return test

    return over


every_file = of_each(WRITTEN)
every_test = of_each([file for file in TESTS if file != Path(__file__)])


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def room(file: Path) -> str | None:
    """The room of the house a file lies in; ``None`` outside of the house."""
    return file.relative_to(SRC).parts[0] if file.is_relative_to(SRC) else None


@cache
def tables() -> dict[str, str]:
    """Each table and the room whose migration makes it."""
    owners = {}
    for migration in sorted((SRC / "migrations").glob("*.sql")):
        owner = migration.stem.split("_")[1]
        for table in re.findall(
            r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", migration.read_text()
        ):
            owners[table] = owner
    return owners


@every_file
def test_a_function_fits_the_screen(file: Path) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{node.name}: keep the branches, move out the work"


@every_file
def test_a_file_has_one_subject(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines <= FILE_LINES_MAX, f"{lines} lines: split it by subject"


@every_file
def test_a_file_begins_with_what_it_is_for(file: Path) -> None:
    if file.read_text().strip():
        assert ast.get_docstring(tree(file)), "say in a first sentence what this file is for"


@every_file
def test_a_name_says_what_it_holds(file: Path) -> None:
    assert file.stem not in VAGUE, "name the file for its subject, not for being a bag"


@every_file
def test_a_room_keeps_its_store_to_itself(file: Path) -> None:
    for node in ast.walk(tree(file)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            store = re.match(r"voltway\.(\w+)\.store\w*\b", name)
            if store:
                assert store[1] == room(file), (
                    f"ask {store[1]} for an action or a view instead of opening its store"
                )


@every_file
def test_a_table_is_named_only_in_the_room_that_owns_it(file: Path) -> None:
    if room(file) is None:
        return
    for named in re.finditer(r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(\w+)\b", file.read_text()):
        owner = tables().get(named[1])
        assert owner in {room(file), None}, (
            f"{named[1]} belongs to {owner}: read a view, or ask an action"
        )


@every_file
def test_nothing_is_left_for_later_without_an_issue(file: Path) -> None:
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", line):
            assert re.search(r"issue \d+", line), f"line {number}: name the issue that will do it"


@every_file
def test_the_outside_knows_nothing_of_the_house(file: Path) -> None:
    if "voltway_world" in file.parts:
        assert not re.search(r"^\s*(from|import) voltway\b(?!_)", file.read_text(), re.MULTILINE), (
            "the simulated outside speaks to the house by its doors alone"
        )


@every_test
def test_tests_wait_for_what_they_expect_and_do_not_sleep(file: Path) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "asyncio.sleep"}:
            quiet = ast.unparse(node.args[0]) if node.args else ""
            assert quiet == "0", f"line {node.lineno}: wait for the thing itself, with a deadline"


@every_test
def test_tests_meet_the_real_thing(file: Path) -> None:
    text = file.read_text()
    for word in ("unittest.mock", "MagicMock", "AsyncMock", "monkeypatch.setattr"):
        assert word not in text, f"{word}: give the real thing, or a fake that passes its contract"


def test_the_locks_name_no_address() -> None:
    for lock in ("requirements.lock", "package-lock.json"):
        assert "://" not in (ROOT / lock).read_text(), f"{lock}: make it without addresses"
