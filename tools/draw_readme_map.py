"""Draw the picture at the head of the README: the alliances of the embedded Korea.

Run ``uv run tools/draw_readme_map.py`` after a change to the maps or to the default plan.
"""

from __future__ import annotations

from pathlib import Path

import gangso
from gangso.report.maps import alliances_map
from gangso.report.sheet import save_png

OUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "plan-map.png"


def main() -> None:
    """Draw it."""
    plan = gangso.plan()
    save_png(alliances_map(plan.territory, plan.partition, "en"), OUT, dpi=110)
    print(f"{OUT} ({OUT.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
