"""An ensemble as a file: CSV for spreadsheets, NPZ for NumPy."""

from __future__ import annotations

import csv
import io
import math

import numpy as np

from gdsim.core.documents import encode
from gdsim.core.ensemble import Band


def as_csv(band: Band) -> bytes:
    """A row a step: the quantiles of the loss from below, and how many members have diverged.

    Numbers that are not finite are words.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = ["median" if q == 0.5 else f"q{100.0 * q:.6g}" for q in band.ensemble.quantiles]
    writer.writerow(["step", *names, "diverged"])
    for step, values in enumerate(band.band.T.tolist()):
        writer.writerow([step, *(v if math.isfinite(v) else "Infinity" for v in values), band.diverged(step)])
    return text.getvalue().encode("utf-8")


def as_npz(band: Band) -> bytes:
    """Arrays of all members, and the document in ``experiment``.

    loss, shape (rows, members), inf from where a member's numbers were not finite; theta, shape (rows, members, dim),
    nan there; band, shape (quantiles, rows), and quantiles; seeds, shape (members,). Nothing is pickled:
    ``numpy.load`` opens it as it is.
    """
    ensemble = band.ensemble
    file = io.BytesIO()
    np.savez(
        file,
        experiment=np.array(encode(ensemble.experiment).decode("utf-8")),
        run=np.array(ensemble.index),
        vary=np.array(ensemble.vary),
        seeds=np.array(ensemble.seeds, dtype=np.int64),
        quantiles=np.array(ensemble.quantiles),
        band=band.band,
        loss=band.loss,
        theta=band.theta,
    )
    return file.getvalue()
