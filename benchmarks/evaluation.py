"""Coverage of the evaluation's intervals on the real map, where the truth is known.

Run ``uv run benchmarks/evaluation.py [draws]``: hosts at the ten Innovation Cities, +0.04
there, −0.015 within 30 km, nothing farther out; errors that neighbours share, more or less.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.evaluation.simulate import World, run

import gangso

WORLDS = {
    "independent": World(share=0.0),
    "shared 0.3, 50 km": World(0.3, 50.0),
    "shared 0.5, 60 km": World(),
    "shared 0.6, 100 km": World(0.6, 100.0),
    "shared 0.9, 100 km": World(0.9, 100.0),
    "small places uneven": World(uneven=True),
    "heavy tails (t5)": World(tails=5.0),
}


def main() -> None:
    """Print a line a world."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    korea = gangso.korea()
    print(f"{draws} draws; rings: host, 0-30 km, 30-60 km; truth +0.04, -0.015, 0")
    head = f"{'world':20s} {'bias':26s} {'covered by 95 %':22s} {'placebo ring':>13s}"
    print(head + f" {'date':>6s} {'ignoring':>9s}   plain Conley, normal")
    for name, world in WORLDS.items():
        start = time.process_time()
        found = run(korea, world, draws)
        bias = " ".join(f"{value:+.5f}" for value in found.bias.values())
        covered = " ".join(f"{value:.3f} " for value in found.covered.values())
        plain = " ".join(f"{value:.3f}" for value in found.normal_covered.values())
        print(
            f"{name:20s} {bias:26s} {covered:22s} {found.placebo_ring:13.3f}"
            f" {found.placebo_date:6.3f} {found.ignoring:+9.5f}   {plain}"
            f"   ({time.process_time() - start:.1f} s CPU)"
        )


if __name__ == "__main__":
    main()
