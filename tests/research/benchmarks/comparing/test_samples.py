"""Subjects sampled alone, by the bundled model or another training of it."""

from __future__ import annotations

import json

from PIL import Image

from engine.contract.job import BUNDLED
from engine.contract.vocabulary import Vocabulary
from engine.models.registry import BUNDLED_FOLDERS
from research.benchmarks.comparing import samples
from research.benchmarks.comparing.candidate import open_stage_one
from tests.research.benchmarks.analytic import Model, OneName


def test_every_subject_is_sampled_alone_and_judged(tmp_path, monkeypatch, capsys):
    words = frozenset({"galaxy", "leaf"})
    model = Model()
    model.vocabulary = Vocabulary(("galaxy", "leaf"), words, words)
    monkeypatch.setattr(samples, "open_stage_one", lambda *_: model)
    monkeypatch.setattr(samples, "judge", OneName)
    figures, sheet = tmp_path / "samples.json", tmp_path / "samples.png"
    assert samples.run(2, None, figures, sheet, workers=2) == 1
    assert "mean 0.500 (at least 0.9), worst leaf 0.00 (at least 0.75)" in capsys.readouterr().out
    report = json.loads(figures.read_text(encoding="utf-8"))
    galaxy, leaf = report["subjects"]
    assert (galaxy["name"], galaxy["right"], galaxy["others"]) == ("galaxy", 2, {})
    assert (leaf["name"], leaf["right"], leaf["others"]) == ("leaf", 0, {"galaxy": 2})
    with Image.open(sheet) as picture:
        assert picture.size == (4 * 64, 64)
    model.vocabulary = Vocabulary(("galaxy",), words, words)
    assert samples.run(2, None, None, None, workers=1) == 0


def test_a_candidate_gets_what_is_shipped():
    shipped = open_stage_one()
    again = open_stage_one(BUNDLED_FOLDERS[BUNDLED].resolve())
    for model in (shipped, again):
        assert (model.default_guidance, model.default_context) == (2.5, 0.015)
    assert shipped.revision == again.revision
    assert shipped.vocabulary == again.vocabulary
