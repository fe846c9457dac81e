"""Outputs of miRAW, a deep network that judges candidate sites."""

from __future__ import annotations

from collections.abc import Iterator

from mirtools.evaluation.programs.output import HIGHER, Hit, Lines, Output, Program, not_output_of


def read_miraw(path: str, ranked_by: str) -> Output:
    """Read miRAW: its sites (``...TargetSites.csv``) or its summary (``...targetPredictionOutput.csv``), by tabs.

    The prediction runs from -1 (certainly no target) to 1; called is what is above 0.

    Parameters
    ----------
    path : str
    ranked_by : {"probability"}
    """
    return Output(_miraw(path), ranked_by, HIGHER)


def _miraw(path: str) -> Iterator[Hit]:
    lines = Lines(path)
    stream = (row for row in lines.cells() if not row[0].startswith("#"))
    header = [name.lower() for name in next(stream, [""])]
    places = {name: at for at, name in enumerate(header)}
    if header == [""]:
        return
    if not {"genename", "mirna", "prediction"} <= set(places):
        raise not_output_of("miRAW", path)
    value_at = places.get("highestpredval", places["prediction"])
    for row in stream:
        if [cell.lower() for cell in row] == header:  # files that were concatenated
            continue
        if len(row) <= max(value_at, places["prediction"], places["mirna"]):
            raise lines.error("has too few columns for miRAW; give its output as it wrote it")
        score = lines.number_in(row[value_at], "prediction")
        names = [row[places[name]] for name in ("genename", "geneid") if name in places]
        start = end = -1
        if "sitestart" in places and "siteend" in places:
            start, end = (lines.whole_number_in(row[places[name]], name) for name in ("sitestart", "siteend"))
        yield Hit(row[places["mirna"]], "|".join(names), score, score > 0, start, end)


PROGRAM = Program("miraw", ("probability",), read_miraw)
