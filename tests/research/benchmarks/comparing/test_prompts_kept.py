"""What joint sampling costs in prompts: the paired difference and its command."""

from __future__ import annotations

import json

import pytest

from engine.contract.geometry import Placement
from research.benchmarks.comparing import compare, prompts
from research.benchmarks.comparing.chains import Chain, evenly
from tests.research.benchmarks.analytic import Model, OneName, big_pictures


def stack_of(method, seed, seen, chain="c"):
    return prompts.Stack("g", chain, seed, method, ["leaf", "blood"], seen)


def test_what_joint_sampling_costs_is_a_paired_difference():
    right, half = ["leaf", "blood"], ["leaf", "moon"]
    same = [stack_of(m, s, half) for m in (prompts.TOGETHER, prompts.ALONE) for s in (1, 2)]
    assert prompts.difference(same) == (0.0, 0.0)
    one = [stack_of(prompts.TOGETHER, 1, half), stack_of(prompts.ALONE, 1, right)]
    assert prompts.difference(one) == (-0.5, 0.0)
    other = [stack_of(prompts.TOGETHER, 2, right), stack_of(prompts.ALONE, 2, right)]
    gap, error = prompts.difference([*one, *other])
    # Two paired differences, -1/2 and 0: mean -1/4, standard error of the mean 1/4.
    assert (gap, error) == pytest.approx((-0.25, 0.25))


def test_prompts_are_judged_together_and_alone(tmp_path, monkeypatch, capsys):
    short = evenly("Short", 4.0, (("galaxy", "a galaxy"), ("planet", "a planet")))
    loop = Chain("Loop", short.levels, (Placement(2.0), Placement(2.0)), loop=True)
    monkeypatch.setattr(prompts, "CHAINS", (short,))
    monkeypatch.setattr(prompts, "preset_chains", lambda: [loop])
    monkeypatch.setattr(prompts, "open_stage_one", lambda *_: Model())
    monkeypatch.setattr(prompts, "judge", OneName)
    monkeypatch.setattr(compare, "single_pictures", lambda: big_pictures(12, 64))
    assert prompts.run([1, 2], None, tmp_path / "prompts.json", workers=2) == 0
    report = json.loads((tmp_path / "prompts.json").read_text(encoding="utf-8"))
    assert (report["model"], report["guidance"], report["context"]) == ("0", 1.0, 1.0)
    assert len(report["stacks"]) == 2 * 2 * 2
    shown = capsys.readouterr().out
    one_in_two = "together 2 of 4 (0.500), alone 2 of 4 (0.500), difference +0.000 ± 0.000"
    for line in (f"Loop: {one_in_two}", f"chains     {one_in_two}", f"presets    {one_in_two}"):
        assert f"{line}\n" in shown
    assert "together 4 of 8" in shown
    assert "planet for galaxy 4\n" in shown
    monkeypatch.setattr(prompts, "difference", lambda _: (-0.06, 0.0))
    assert prompts.run([5], None, None, workers=1) == 1
    assert "misses the limit" in capsys.readouterr().out
