"""The IF adapter, against the stock diffusers pipeline as an oracle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from engine.contract.errors import ZoomStackError
from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.method.blending import lead_early
from engine.method.nesting import footprints, render_with
from engine.method.noise import draw, share
from engine.method.sampler import sample
from engine.models import deepfloyd_if
from engine.models.sizes import sampling_size
from tests.engine.tiny_models import save_tiny_if

SIZE = 32
SEED = 3
PLACEMENTS = [Placement(), Placement(2.0), Placement(2.0)]
PROMPTS = ["a spiral galaxy", "a blue planet", "the coast from above"]
NEGATIVE = ["", "red", ""]
TIMESTEPS = [960, 880, 740, 600, 430, 260, 90, 4]


@pytest.fixture(scope="module", params=["epsilon", "v_prediction"])
def folder(request, tmp_path_factory) -> Path:
    return save_tiny_if(tmp_path_factory.mktemp("if") / request.param, request.param, SIZE)


def _stock(folder: Path, algorithm: str):
    """The stock pipeline; its scheduler blends and renders where it converts to x0."""
    from diffusers import DPMSolverMultistepScheduler, IFPipeline

    nesting = footprints(PLACEMENTS, (SIZE, SIZE))

    class Blending(DPMSolverMultistepScheduler):
        def convert_model_output(self, model_output, *args, sample=None, **kwargs):
            x0 = super().convert_model_output(model_output, *args, sample=sample, **kwargs)
            sigma = float(self.sigmas[self.step_index])
            return render_with(lead_early(x0, nesting, sigma), nesting)

        def step(self, model_output, timestep, sample, **kwargs):
            noise = share(draw(SEED, (self.step_index or 0) + 1, sample.shape, "cpu"), nesting)
            kwargs.pop("generator", None)
            return super().step(model_output, timestep, sample, variance_noise=noise, **kwargs)

    pipeline = IFPipeline.from_pretrained(folder, safety_checker=None)
    pipeline.scheduler = Blending.from_config(
        pipeline.scheduler.config,
        algorithm_type=algorithm,
        solver_order=2,
        final_sigmas_type="zero",
        variance_type=None,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline, nesting


@pytest.mark.parametrize(
    ("solver", "algorithm"),
    [("dpmpp_2m", "dpmsolver++"), ("dpmpp_2m_sde", "sde-dpmsolver++")],
)
def test_the_stock_pipeline_with_a_blending_scheduler_gives_the_same_stack(
    folder, solver, algorithm, monkeypatch
):
    # Its grid begins late, and the scheduler repeats nothing.
    monkeypatch.setattr("engine.method.rounds.LATE", 0.0)
    pipeline, nesting = _stock(folder, algorithm)
    pipeline.scheduler.set_timesteps(timesteps=TIMESTEPS)
    sigmas = pipeline.scheduler.sigmas[:-1].tolist()
    start = sigmas[0] * share(draw(SEED, 0, (3, 3, SIZE, SIZE), "cpu"), nesting)
    pipeline.prepare_intermediate_images = lambda *_: start / (1.0 + sigmas[0] ** 2) ** 0.5
    expected = pipeline(
        PROMPTS,
        negative_prompt=NEGATIVE,
        guidance_scale=4.0,
        timesteps=TIMESTEPS,
        output_type="pt",
        clean_caption=False,
    ).images

    model = deepfloyd_if.load(folder, "tiny", "0", torch.device("cpu"))
    result = sample(
        model.condition(PROMPTS, NEGATIVE, 4.0),
        PLACEMENTS,
        size=(SIZE, SIZE),
        seed=SEED,
        sigmas=sigmas,
        settings=SamplerSettings(solver=solver),
    )
    assert result.std() > 0.1  # a constant picture would agree with anything
    assert (result - expected).abs().max() < 2e-3


def test_prompts_and_guidance_matter(folder):
    model = deepfloyd_if.load(folder, "tiny", "0", torch.device("cpu"))
    z, sigma = torch.randn(3, 3, SIZE, SIZE), torch.full((3,), 1.0)
    plain = model.condition(PROMPTS, NEGATIVE, 1.0).predict_x0(z, sigma)
    guided = model.condition(PROMPTS, NEGATIVE, 5.0).predict_x0(z, sigma)
    other = model.condition(["the leaf"] * 3, NEGATIVE, 1.0).predict_x0(z, sigma)
    assert not torch.allclose(plain, guided)
    assert not torch.allclose(plain, other)


def test_the_micro_batch_does_not_change_the_result(folder):
    # But for rounding: a batch of another size is multiplied in another order.
    model = deepfloyd_if.load(folder, "tiny", "0", torch.device("cpu"))
    levels = []
    for micro_batch in (3, 1, 2):
        denoiser = model.condition(PROMPTS, NEGATIVE, 4.0)
        denoiser.micro_batch = micro_batch
        settings = SamplerSettings(steps=6)
        levels.append(sample(denoiser, PLACEMENTS, size=(SIZE, SIZE), seed=1, settings=settings))
    assert all((each - levels[0]).abs().max() < 1e-3 for each in levels[1:])
    assert levels[0].std() > 0.05


@pytest.mark.parametrize("part", ["unet", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_part_is_named(folder, tmp_path, part):
    broken = shutil.copytree(folder, tmp_path / "broken")
    shutil.rmtree(broken / part)
    with pytest.raises(ZoomStackError, match=part) as caught:
        deepfloyd_if.load(broken, "tiny", "0", torch.device("cpu")).condition(["a"], [""], 2.0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 9 / 16, 2.39, 1 / 4])
def test_sampling_sizes_fit_the_unet_and_keep_the_aspect(aspect):
    width, height = sampling_size(64, aspect, 8)
    assert width % 8 == height % 8 == 0
    assert width / height == pytest.approx(aspect, rel=0.035)
    assert 0.6 <= width * height / 64**2 <= 1.6
