"""The evaluation as tables."""

from __future__ import annotations

import pandas as pd

from gangso.evaluation.result import Evaluation, Finding

__all__ = ["evaluation_tables"]


def evaluation_tables(found: Evaluation) -> dict[str, pd.DataFrame]:
    """Gather all findings in long tables.

    Parameters
    ----------
    found : Evaluation
        The evaluation.

    Returns
    -------
    dict of str to DataFrame
        ``rings``, ``events``, ``hubs``, ``places``, ``refusals``, and where they were asked
        for ``opinions`` and ``synthetic``; the first columns are ``study`` and ``outcome``.
    """
    tables = {
        "rings": _stacked(found, lambda f: f.rings.reset_index()),
        "events": _stacked(found, lambda f: f.events),
        "hubs": _stacked(found, lambda f: f.hubs),
        "places": _stacked(found, lambda f: f.exposure.table.reset_index()),
        "refusals": pd.DataFrame(_refusals(found), columns=[
            "study", "outcome", "ring", "kind", "why_ko", "why_en", "way_out_ko", "way_out_en",
        ]).astype({"ring": "Int64"}),
    }  # fmt: skip
    if found.opinions is not None:
        tables["opinions"] = found.opinions
    if found.synthetic is not None:
        tables["synthetic"] = found.synthetic
    return tables


def _stacked(found: Evaluation, part) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    listed = []
    for finding in found.findings:
        table: pd.DataFrame = part(finding).copy()
        table.insert(0, "study", finding.study)
        table.insert(1, "outcome", finding.outcome)
        listed.append(table)
    filled = [table for table in listed if len(table)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return listed[0] if listed else pd.DataFrame(columns=["study", "outcome"])


def _refusals(found: Evaluation) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for finding in found.findings:
        all_of = _all(finding)
        rows += [
            (finding.study, finding.outcome, ring, refusal.kind,
             refusal.why["ko"], refusal.why["en"], refusal.way_out["ko"], refusal.way_out["en"])
            for ring, refusal in all_of
        ]  # fmt: skip
    return rows


def _all(finding: Finding):  # type: ignore[no-untyped-def]
    whole = [(None, finding.refusal)] if finding.refusal is not None else []
    return [*whole, *finding.refusals.items()]
