"""Upscalers side by side, with a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.contract.errors import ZoomStackError
from engine.models.upscaling import Lanczos, NetworkUpscaler
from research.benchmarks.upscaling import compare, pictures, table
from research.benchmarks.upscaling.candidates import Watched
from research.benchmarks.upscaling.compare import ALONE, ORIGINAL


class Brightening(NetworkUpscaler):
    """Repeats each pixel, 10 of 255 too bright."""

    def __init__(self) -> None:
        super().__init__("brightening", "", 4)

    def enlarged(self, picture, progress):
        return picture.repeat(4, axis=0).repeat(4, axis=1) + np.float32(10 / 255)


def truths() -> list[pictures.Truth]:
    random = np.random.default_rng(0)
    return [
        pictures.truth(name, None, 0.2 + 0.6 * random.random((32, 48, 3), np.float32))
        for name in ("one", "two")
    ]


def test_a_network_is_judged_before_and_after_it_is_corrected():
    upscalers = [Watched("lanczos", Lanczos()), Watched("brightening", Brightening())]
    rows, made = compare.likeness(truths(), upscalers)
    names = [ORIGINAL, "lanczos", "brightening" + ALONE, "brightening"]
    assert [row.upscaler for row in rows] == names * 2
    assert {name: len(each) for name, each in made.items()} == dict.fromkeys(names, 2)
    drifts = {row.upscaler: row.drift for row in rows if row.picture == "two"}
    assert drifts["brightening" + ALONE] == pytest.approx(10.0, abs=1e-3)
    assert drifts["brightening"] < 1.0
    timed = [row.seconds is not None for row in rows]
    assert timed == [False, True, False, True] * 2


def test_the_table_has_a_row_an_upscaler_and_compares_times_with_lanczos():
    def row(name: str, decibels: float | None, seconds: float | None) -> compare.Likeness:
        return compare.Likeness("one", name, decibels, 0.1, 0.5, 1.0, 2.0, seconds)

    rows = [row(ORIGINAL, None, None), row("lanczos", 20.0, 0.01), row("lanczos", 30.0, 0.03)]
    rows.append(row("brightening", 28.0, 1.0))
    lines = table.likeness(rows).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        ORIGINAL,
        "lanczos",
        "brightening",
    ]
    assert [cell.strip() for cell in lines[3].split("|")[2:-1]] == [
        "25.00", "0.100", "0.50", "1.00", "2.00", "0.020", "1",
    ]  # fmt: skip
    assert lines[4].rstrip(" |").endswith("50")


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(pictures.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ZoomStackError, match="pip install --no-deps scikit-image"):
        pictures.photographs(quick=True)
