"""The comparison's measures where the answer is known, its baselines where the model is exact."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from engine.contract.geometry import Placement
from engine.contract.job import BUNDLED, SamplerSettings, load_job
from engine.contract.vocabulary import Vocabulary
from engine.method.footprint import Footprint, footprint
from engine.method.nesting import footprints, render_with
from engine.models.registry import BUNDLED_FOLDERS
from research.benchmarks.comparing import (
    compare,
    methods,
    prompts,
    recognition,
    samples,
    side_by_side,
)
from research.benchmarks.comparing.candidate import open_stage_one
from research.benchmarks.comparing.chains import CHAINS, PRESETS, Chain, evenly, preset_chains
from research.benchmarks.comparing.continuity import context, departures, disagreement, scale, seam
from research.benchmarks.comparing.recognition import Judge, nested
from research.benchmarks.exact import worlds
from research.benchmarks.exact.conditional import Resampling, Start, sample_given
from research.training.drawing.images import CONCEPTS
from research.training.judging.classifier import build_classifier
from tests.engine.nestings import chain

SIZE = (32, 32)
LEVELS = 3
SETTINGS = SamplerSettings(steps=12)


class Quiet:
    """A world whose pictures keep well within -1 and 1, so that no value is clipped."""

    def __init__(self, world: worlds.FieldWorld, scale: float = 0.1) -> None:
        self.world, self.scale, self.channels = world, scale, world.channels

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return self.scale * self.world.predict_x0(z / self.scale, sigma / self.scale)


def zoom(levels: int = LEVELS, seeds: int = 3, factor: float = 2.0) -> methods.Zoom:
    def bound(count: int) -> Quiet:
        return Quiet(worlds.gaussian(count, SIZE, seeds))

    together, each = bound(levels), [bound(1)] * levels
    return methods.Zoom(together, together, each, each, chain(levels, factor), SIZE, seed=4)


def big_pictures(count: int, side: int, seed: int = 0) -> torch.Tensor:
    """(count, 3, side, side): fields with colours of their own, as steep as pictures are."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.fft.fft2(torch.randn(count, 3, side, side, generator=generator), norm="ortho")
    field = torch.fft.ifft2(noise * worlds.spectrum(side, side).sqrt(), norm="ortho").real
    return (0.5 * field + 0.4 * torch.randn(count, 3, 1, 1, generator=generator)).float()


def zooms(count: int, side: int = 64) -> torch.Tensor:
    """(count, 3 levels, 3, side, side): views of one big picture each, at a factor of 2."""
    big = big_pictures(count, 4 * side)
    views = []
    for times in (4, 2, 1):
        border = (4 * side - times * side) // 2
        view = big[..., border : border + times * side, border : border + times * side]
        views.append(torch.nn.functional.avg_pool2d(view, times))
    return torch.stack(views, dim=1)


def nesting(side: int = 64) -> list[Footprint]:
    return footprints(chain(LEVELS, 2.0), (side, side))


def seams_of(stacks: torch.Tensor) -> float:
    found = [seam(stack[i], place) for stack in stacks for i, place in enumerate(nesting())]
    return sum(found) / len(found)


def test_one_picture_has_no_seam_and_strangers_have_one():
    stacks = zooms(8)
    strangers = torch.stack(
        [
            render_with(torch.stack([stacks[i - j][j] for j in range(3)]), nesting())
            for i in range(8)
        ]
    )
    assert seams_of(stacks) == pytest.approx(1.0, abs=0.12)
    assert seams_of(strangers) > 3.0


def test_a_seam_is_the_border_over_the_lines_beside_it():
    place = footprint(Placement(2.0), (64, 64))
    ramp = torch.linspace(-0.5, 0.5, 64).expand(1, 64, 64) + torch.linspace(-0.5, 0.5, 64)[:, None]
    slope = float(ramp[0, 0, 1] - ramp[0, 0, 0])
    assert seam(ramp, place) == pytest.approx(1.0, abs=1e-4)
    raised = place.paste(ramp, place.crop(ramp) + 0.2)
    step = 1.0 / 127.5
    # Raised on all sides: across two of them the step adds to the slope, across two it opposes it.
    expected = ((0.2 + slope + 0.2 - slope) / 2 + step) / (slope + step)
    assert seam(raised, place) == pytest.approx(expected, rel=1e-3)


def test_a_rough_child_is_not_excused_for_its_own_roughness():
    place = footprint(Placement(2.0), (64, 64))
    generator = torch.Generator().manual_seed(0)
    smooth = torch.zeros(3, 64, 64)
    rough = place.paste(smooth, 0.2 * torch.randn(3, 32, 32, generator=generator) + 0.5)
    assert seam(rough, place) > 3.0


def test_estimates_disagree_by_their_difference():
    stack = zooms(1)[0]
    assert max(disagreement(stack, nesting())) < 1e-3
    stack[1] += 10 / 127.5
    assert disagreement(stack, nesting()) == pytest.approx([10.0, 10.0], abs=1e-3)


def test_context_is_1_in_one_picture_and_0_between_strangers():
    stacks = zooms(24)
    place = nesting()[0]
    known = scale(big_pictures(60, 64, seed=1), place)

    def share(inside: torch.Tensor) -> dict[str, float]:
        pictures = [
            place.paste(stack[0], place.reduce(child))
            for stack, child in zip(stacks, inside, strict=True)
        ]
        return context([(departures(picture, place), known) for picture in pictures])

    own, strangers = share(stacks[:, 1]), share(stacks[:, 1].roll(1, dims=0))
    assert own["context"] > 0.85 and own["colour"] > 0.85
    assert strangers["context"] < 0.2 and strangers["colour"] < 0.2


def test_each_aspect_sees_its_own_departure():
    place = footprint(Placement(2.0), (64, 64))
    waves = torch.sin(torch.arange(64.0) * 0.9).expand(3, 64, 64)
    turned = place.paste(waves, place.crop(waves.transpose(-1, -2)))
    ramp = torch.linspace(-0.5, 0.5, 64).expand(3, 64, 64)
    mirrored = place.paste(ramp, place.crop(ramp.flip(-1)))
    brighter = place.paste(ramp, place.crop(ramp) + 0.3)
    assert departures(turned, place)["direction"] == pytest.approx(2.0, abs=0.1)
    assert departures(waves, place)["direction"] < 0.05
    assert departures(brighter, place)["colour"] == pytest.approx(0.3, abs=1e-4)
    lights = [departures(picture, place)["light"] for picture in (ramp, brighter, mirrored)]
    assert lights[0] == pytest.approx(lights[1], abs=1e-5) and lights[2] > 2 * lights[0]


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_outpainting_keeps_the_deeper_picture(factor):
    place = footprint(Placement(factor), SIZE)
    deeper = 0.1 * torch.randn(3, *SIZE)
    picture = sample_given(
        zoom().each_alone[0],
        methods.around(place, deeper),
        count=1, size=SIZE, seed=1, settings=SETTINGS, resampling=Resampling(2),
    )[0]  # fmt: skip
    assert torch.equal(place.crop(picture), place.reduce(deeper))
    made = methods.outpainting(zoom(factor=factor), SETTINGS, Resampling())
    alone = sample_given(
        zoom().each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=methods.level_seed(4, LEVELS - 1), settings=SETTINGS,
    )[0]  # fmt: skip
    assert torch.equal(made.levels[-1], alone)


def test_each_method_says_of_each_level_what_it_will_hold():
    """Which denoiser a method asks decides what the model is told; the estimates show which."""

    class Told:
        channels = 3

        def __init__(self, value: float) -> None:
            self.value = value

        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return torch.full_like(z, self.value)

    told = methods.Zoom(
        Told(0.1), Told(0.2), [Told(0.3)] * 3, [Told(0.4)] * 3, chain(3, 2.0), SIZE, seed=4
    )
    made = {
        "together": methods.joint(told, SETTINGS),
        "alone": methods.independent(told, SETTINGS),
        "outwards": methods.outpainting(told, SETTINGS, Resampling()),
        "inwards": methods.super_resolution(told, SETTINGS, None, project=False),
    }
    values = {name: float(each.estimates.mean()) for name, each in made.items()}
    assert values == pytest.approx({"together": 0.1, "alone": 0.2, "outwards": 0.3, "inwards": 0.4})


@pytest.mark.parametrize("loop", [False, True])
def test_denoisers_are_bound_to_what_each_level_will_hold(monkeypatch, loop):
    class Telling(Model):
        vocabulary = Vocabulary(
            ("moon", "leaf"),
            frozenset({"moon", "leaf"}),
            {"moon": "moon", "leaf": "leaf"},
            {"moon": "+moon", "leaf": "+leaf"},
        )

        def condition(self, prompts, negative_prompts, guidance_scale):
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


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_super_resolution_keeps_the_parents_crop(factor):
    made = methods.super_resolution(zoom(factor=factor), SETTINGS, None, project=True)
    alone = sample_given(
        zoom().each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=methods.level_seed(4, 0), settings=SETTINGS,
    )[0]  # fmt: skip
    # The last paste would have changed the widest level, had a deeper one departed from it.
    assert torch.allclose(made.levels[0], alone, atol=1e-5)
    assert not torch.allclose(
        methods.super_resolution(zoom(factor=factor), SETTINGS, 1.0, project=False).levels[0],
        alone,
        atol=1e-3,
    )


def test_what_is_known_continues_where_the_model_is_exact():
    """Outpainting's seams are lower than those of levels that do not know of each other."""

    def worst(made: methods.Made) -> float:
        places = zoom().nesting
        return max(seam(made.levels[i], place) for i, place in enumerate(places))

    many = zoom(seeds=24)
    alone = worst(methods.independent(many, SETTINGS))
    grown = worst(methods.outpainting(many, SETTINGS, Resampling(2)))
    assert grown < 0.75 * alone


@pytest.mark.parametrize("turns", [1, 4])
def test_jumps_back_keep_the_variance_of_what_is_drawn(turns):
    picture = sample_given(
        zoom(seeds=1000).each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=3, settings=SamplerSettings(steps=24),
        resampling=Resampling(turns),
    )  # fmt: skip
    means = picture.mean(dim=(-2, -1))
    assert float(means.var()) == pytest.approx((0.1 * worlds.MeanPrior().deviation) ** 2, rel=0.15)


def test_jumps_repeat_blocks_of_steps_within_their_range():
    resampling = Resampling(turns=2, length=2, highest=9.0, lowest=1.0)
    assert resampling.visits([16.0, 8.0, 4.0, 2.0, 0.5, 0.25]) == [0, 1, 2, 1, 2, 3, 4, 3, 4, 5]
    assert Resampling().visits([4.0, 2.0, 1.0]) == [0, 1, 2]


def test_a_start_with_little_noise_stays_near_its_picture():
    start = 0.1 * big_pictures(1, 32)

    def distance(sigma: float) -> float:
        picture = sample_given(
            zoom().each_alone[0], lambda x0: x0,
            count=1, size=SIZE, seed=3, settings=SETTINGS, start=Start(start, sigma),
        )  # fmt: skip
        return float((picture - start).square().mean().sqrt() / start.std())

    assert distance(0.01) < 0.3 and distance(80.0) > 0.9


def test_evaluations_are_counted_a_level():
    steps = SETTINGS.steps
    assert methods.joint(zoom(), SETTINGS).evaluations == steps
    assert methods.independent(zoom(), SETTINGS).evaluations == steps
    everywhere = Resampling(2, highest=1e9, lowest=0.0)
    jumping = methods.outpainting(zoom(), SETTINGS, everywhere)
    # Every step but the last twice, and the deepest level without jumps.
    assert jumping.evaluations == pytest.approx(((2 * steps - 1) * (LEVELS - 1) + steps) / LEVELS)


def test_nested_pictures_keep_what_is_between_border_and_middle():
    pictures = big_pictures(20, 64)
    made = nested(pictures, np.random.default_rng(0))
    assert torch.equal(made[..., 8:16, 8:56], pictures[..., 8:16, 8:56])
    at_border = [
        bool((a[:, 0] - b[:, 0]).abs().max() > 0.05) for a, b in zip(made, pictures, strict=True)
    ]
    assert 4 < sum(at_border) < 16
    assert not torch.allclose(made[..., 28:36, 28:36], pictures[..., 28:36, 28:36], atol=0.01)


def test_the_judge_is_made_once(tmp_path, monkeypatch):
    first = recognition.judge(tmp_path, pictures=60, steps=2)
    monkeypatch.setattr(recognition, "make_set", None)
    again = recognition.judge(tmp_path, pictures=60, steps=2)
    pictures = big_pictures(4, 64)
    assert first.names(pictures) == again.names(pictures)
    assert [path.name.startswith("judge_") for path in tmp_path.iterdir()] == [True]


def test_chains_ask_for_subjects_that_can_be_drawn():
    chains = [*CHAINS, *preset_chains()]
    assert {subject for each in chains for subject in each.subjects} <= set(CONCEPTS)
    assert len({each.title for each in chains}) == len(chains)


def test_chains_of_presets_are_the_presets():
    chains = {each.title: each for each in preset_chains()}
    endless = load_job(PRESETS / "endless_zoom.json")
    assert chains["endless zoom"].loop and endless.loop
    assert chains["endless zoom"].prompts == [level.prompt for level in endless.levels]
    assert chains["endless zoom"].placements[0].zoom_factor == endless.levels[0].zoom_factor
    assert chains["powers of ten"].placements[1].focus == (0.68, 0.36)
    assert {path.stem for path in PRESETS.glob("*.json")} == {
        "from_a_picture", *(title.replace(" ", "_") for title in chains)
    }  # fmt: skip


class Model:
    """The exact world in the place of a diffusion model."""

    name, revision, native_size, default_guidance = "exact", "0", (64, 64), 1.0
    default_context = 1.0
    second_stage = None
    vocabulary = None

    def condition(self, prompts, negative_prompts, guidance_scale):
        return Quiet(worlds.gaussian(len(prompts), self.native_size, seeds=3), 0.3)


def test_one_run_writes_table_and_contact_sheet(tmp_path, monkeypatch, capsys):
    short = evenly("Short", 4.0, (("galaxy", "a galaxy"), ("planet", "a planet")))
    monkeypatch.setattr(side_by_side, "QUICK", (short,))
    monkeypatch.setattr(side_by_side, "open_model", lambda *_: Model())
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
        assert f"| {name} |" in table and f"\n{name} " in shown
    with Image.open(tmp_path / "compare.png") as sheet:
        assert sheet.width > 2 * 160 and sheet.height > 5 * 160


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


class OneName:
    """A judge that takes everything for a galaxy."""

    plain = nested = 1.0

    def names(self, levels):
        return ["galaxy"] * len(levels)


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
    assert "together 4 of 8" in shown and "planet for galaxy 4\n" in shown
    monkeypatch.setattr(prompts, "difference", lambda stacks: (-0.06, 0.0))
    assert prompts.run([5], None, None, workers=1) == 1
    assert "misses the limit" in capsys.readouterr().out


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
    assert shipped.revision == again.revision and shipped.vocabulary == again.vocabulary
