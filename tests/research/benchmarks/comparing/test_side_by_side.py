"""A comparison from its prompts to its table and contact sheet."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from PIL import Image

from engine.contract.vocabulary import Vocabulary
from research.benchmarks.comparing import compare, methods, side_by_side
from research.benchmarks.comparing.chains import evenly
from research.benchmarks.comparing.recognition import Judge
from research.training.judging.classifier import build_classifier
from tests.research.benchmarks.analytic import Model, big_pictures


@pytest.mark.parametrize("loop", [False, True])
def test_denoisers_are_bound_to_what_each_level_will_hold(monkeypatch, loop):
    class Telling(Model):
        vocabulary = Vocabulary(
            ("moon", "leaf"),
            frozenset({"moon", "leaf"}),
            {"moon": "moon", "leaf": "leaf"},
            {"moon": "+moon", "leaf": "+leaf"},
        )

        def condition(self, prompts, negative_prompts, _guidance_scale):
            return list(prompts), list(negative_prompts)

    asked: list[methods.Zoom] = []

    def method(zoom: methods.Zoom) -> methods.Made:
        asked.append(zoom)
        raise StopAsyncIteration

    short = replace(evenly("Short", 4.0, (("moon", "a moon"), ("leaf", "leaf"))), loop=loop)
    monkeypatch.setattr(compare, "single_pictures", lambda: big_pictures(12, 64))
    untrained = Judge(build_classifier().eval(), plain=0.0, nested=0.0)
    with pytest.raises(StopAsyncIteration):
        list(compare.compare(Telling(), [short], [1], untrained, {"one": method}))
    last = (["+moon leaf"], ["+moon"]) if loop else (["leaf"], [""])
    holding = [(["+leaf a moon"], ["+leaf"]), last]
    plain = [(["a moon"], [""]), (["leaf"], [""])]
    (zoom,) = asked
    assert (zoom.each_holding, zoom.each_alone) == (holding, plain)
    for together, each in ((zoom.together, holding), (zoom.alone, plain)):
        texts = zip(*each, strict=True)
        assert together == tuple(list(itertools.chain(*parts)) for parts in texts)


def test_one_run_writes_table_and_contact_sheet(tmp_path, monkeypatch, capsys):
    short = evenly("Short", 4.0, (("galaxy", "a galaxy"), ("planet", "a planet")))
    monkeypatch.setattr(side_by_side, "QUICK", (short,))
    monkeypatch.setattr(side_by_side, "open_bundled", lambda *_: Model())
    untrained = Judge(build_classifier().eval(), plain=0.0, nested=0.0)
    monkeypatch.setattr(side_by_side, "judge", lambda: untrained)
    monkeypatch.setattr(compare, "single_pictures", lambda: big_pictures(12, 64))
    side_by_side.run(tmp_path, seeds=3, quick=True, variants=False, workers=2)
    report = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    assert list(report["methods"]) == list(compare.METHODS)
    evaluations = {n: m["figures"]["evaluations"] for n, m in report["methods"].items()}
    assert (evaluations["ours"], evaluations["the paper's"]) == (24, methods.PAPER_STEPS)
    seams = {n: m["figures"]["seam"] for n, m in report["methods"].items()}
    assert seams["independent levels"] > max(seams["ours"], seams["outpainting"])
    table = (tmp_path / "compare.md").read_text(encoding="utf-8")
    shown = capsys.readouterr().out
    for name in compare.METHODS:
        assert f"| {name} |" in table
        assert f"\n{name} " in shown
    with Image.open(tmp_path / "compare.png") as sheet:
        assert sheet.width > 2 * 160
        assert sheet.height > 5 * 160
