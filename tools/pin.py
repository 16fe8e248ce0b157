"""Pin the versions of the environment in ``pyproject.toml``: names and versions, no addresses.

Run ``uv run tools/pin.py`` after an upgrade that passes the tests. Lock files hold addresses
of downloads and are not committed; these constraints give every clone the same versions.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distributions
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
OPENING = """[tool.uv]
# Written by tools/pin.py. Without the line of environments, versions are sought for WebAssembly
# and for coming Pythons, too, and packages are built from source only to be asked what they need.
environments = ["python_version < '3.15' and sys_platform != 'emscripten'"]
constraint-dependencies = [
"""


def pinned(package: Distribution) -> str:
    """Return name and version; with a marker where it needs a later patch than Python 3.11.0."""
    line = f"{package.name.lower().replace('_', '-')}=={package.version}"
    needs = re.search(r">=\s*(3\.11\.[1-9]\d*)", package.metadata["Requires-Python"] or "")
    return f"{line} ; python_full_version >= '{needs[1]}'" if needs else line


def pin(text: str, pins: list[str]) -> str:
    """Replace the constraints in the text of ``pyproject.toml``, or add them at its end."""
    block = OPENING + "".join(f'  "{line}",\n' for line in pins) + "]\n"
    start = text.find("[tool.uv]\n")
    if start < 0:
        return text.rstrip("\n") + "\n\n" + block
    end = text.index("\n]\n", start) + len("\n]\n")
    return text[:start] + block + text[end:]


def main() -> None:
    """Pin."""
    pins = sorted(pinned(package) for package in distributions() if package.name != "gangso")
    PYPROJECT.write_text(pin(PYPROJECT.read_text(encoding="utf-8"), pins), encoding="utf-8")
    print(f"{len(pins)} versions pinned")


if __name__ == "__main__":
    main()
