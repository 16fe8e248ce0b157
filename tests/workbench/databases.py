"""A real PostgreSQL server for the tests: apt's binaries, a temporary folder, a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def postgres_binaries() -> Path | None:
    """Folder of initdb and pg_ctl, wherever the distribution keeps it."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@contextmanager
def postgres_server(binaries: Path) -> Iterator[str]:
    """Run a server on a socket in a temporary folder and give its URL."""
    folder = Path(tempfile.mkdtemp(prefix="gangso-pg-"))
    # PostgreSQL refuses to run as root, as continuous integration does.
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    as_user = user if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "nobody", "nogroup")

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(binaries / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=120)

    data = folder / "data"
    try:
        run("initdb", "-D", str(data), "-U", "gangso", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses=''"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://gangso@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
