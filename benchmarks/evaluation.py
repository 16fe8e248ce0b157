"""Coverage of the evaluation's intervals on the real map, and peers on a published case.

Run ``uv run --group bench benchmarks/evaluation.py [draws]``: hosts at the ten Innovation Cities,
+0.04 there, −0.015 within 30 km, nothing farther out; errors that neighbours share, more or less.
"""

from __future__ import annotations

import contextlib
import io
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd
from tests.evaluation.simulate import World, run

import gangso
from gangso.evaluation.design import overall

WORLDS = {
    "independent": World(share=0.0),
    "shared 0.3, 50 km": World(0.3, 50.0),
    "shared 0.5, 60 km": World(),
    "shared 0.6, 100 km": World(0.6, 100.0),
    "shared 0.9, 100 km": World(0.9, 100.0),
    "small places uneven": World(uneven=True),
    "heavy tails (t5)": World(tails=5.0),
}


GOLDEN = Path(__file__).resolve().parents[2] / "shared" / "golden" / "mpdta.csv"


def peers() -> None:
    """Print the simple aggregate of mpdta by gangso, diff-diff and csdid."""
    table = pd.read_csv(GOLDEN)
    wide = table.pivot_table(index="countyreal", columns="year", values="lemp")
    first = table.groupby("countyreal")["first.treat"].first().reindex(wide.index)
    values, cohort = wide.to_numpy(), first.to_numpy(np.int64)
    years = [int(year) for year in wide.columns]
    treated = np.flatnonzero(cohort > 0)
    start = time.perf_counter()
    design = overall(treated, cohort[treated], np.flatnonzero(cohort == 0), years)
    own = float(design.estimate(values))
    print(f"gangso    {own:.16f} ({time.perf_counter() - start:.4f} s)")
    from gangso.evaluation.library import callaway_santanna  # imports for seconds

    start = time.perf_counter()
    estimate, se = callaway_santanna(values, cohort, years)
    print(f"diff-diff {estimate:.16f} SE {se:.16f} ({time.perf_counter() - start:.4f} s)")
    from csdid.att_gt import ATTgt

    start = time.perf_counter()
    found = ATTgt(
        yname="lemp", tname="year", idname="countyreal", gname="first.treat", data=table,
        control_group=["nevertreated"],
    ).fit(est_method="dr", bstrap=False)  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        simple = found.aggte("simple", bstrap=False, cband=False).atte
    att, error = float(simple["overall_att"]), float(np.ravel(simple["overall_se"])[0])
    print(f"csdid     {att:.16f} SE {error:.16f} ({time.perf_counter() - start:.4f} s)")


def main() -> None:
    """Print a line a package, then a line a world."""
    peers()
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
