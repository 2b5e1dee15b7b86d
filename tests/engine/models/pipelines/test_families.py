"""Every family: our loop over the adapter makes the pictures that its stock pipeline makes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.contract.pipeline_families import PIPELINES, PipelineFamily
from engine.method.noise import draw
from engine.method.sampler import SamplerState, sample
from engine.models.pipelines.denoiser import PipelineDenoiser
from engine.models.pipelines.halves import FolderHalves
from engine.models.pipelines.model import PipelineModel
from tests.engine.models.pipelines.mistakes import CODING_MISTAKES, MISTAKES, applies
from tests.engine.models.pipelines.stock import (
    PROMPTS,
    SIZE,
    as_seen,
    avoided,
    of_first_order,
    seen_by_vae,
    stock_decoded,
    stock_encoded,
    stock_pictures,
)
from tests.engine.models.pipelines.tiny_pipelines import TINY, load_stock, save_tiny

STEPS = 4
LIMIT = 1e-4  # of pictures of 0 to 1
CODING_LIMIT = 1e-5
SEED = 5


@dataclass(frozen=True)
class Case:
    """A family's tiny folder, what its stock pipeline makes of it, and the adapter."""

    stock: Any
    family: PipelineFamily
    denoiser: PipelineDenoiser
    noise: torch.Tensor
    pictures: torch.Tensor

    def adapter(self) -> PipelineDenoiser:
        """One to plant a mistake in."""
        other = copy.copy(self.denoiser)
        other._times, other._call = copy.copy(other._times), dict(other._call)
        other.codec = copy.copy(other.codec)
        return other


@pytest.fixture(scope="module", params=list(TINY))
def case(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Case]:
    folder = save_tiny(request.param, tmp_path_factory.mktemp("models") / request.param)
    with torch.inference_mode():
        stock = load_stock(folder)
        of_first_order(stock)
        name = type(stock).__name__
        family = PIPELINES[name]
        denoiser = denoiser_of(folder, name, avoided(stock))
        width, height = denoiser.codec.latent_size(SIZE)
        shape = (1, denoiser.channels, height, width)
        noise = torch.cat([draw(SEED + level, 0, shape, "cpu") for level in range(2)])
        yield Case(stock, family, denoiser, noise, stock_pictures(stock, family, noise, STEPS))


def denoiser_of(folder: Path, class_name: str, negative: list[str]) -> PipelineDenoiser:
    family = PIPELINES[class_name]
    halves = FolderHalves(folder, "tiny")
    model = PipelineModel(halves, class_name, family, "tiny", "0", 96, torch.device("cpu"))
    return model.condition(PROMPTS, negative, family.guidance)


def our_pictures(denoiser: PipelineDenoiser, noise: torch.Tensor) -> torch.Tensor:
    """(2, 3, H, W), 0 to 1, by first-order steps of both prompts at once."""
    sigmas = denoiser.noise_levels(STEPS, SIZE)
    z = start(denoiser, noise)
    for sigma, following in zip(sigmas, [*sigmas[1:], 0.0], strict=True):
        x0 = denoiser.predict_x0(z, torch.full((len(z),), sigma))
        z = x0 + following / sigma * (z - x0)
    return as_seen(denoiser.codec.decode(z))


def start(denoiser: PipelineDenoiser, noise: torch.Tensor) -> torch.Tensor:
    """z whose scaled form is the noise that the stock pipeline is given."""
    first = denoiser.noise_levels(STEPS, SIZE)[0]
    return noise * denoiser.pipeline.config.get("noise_scale", 1.0) / denoiser._times.scale(first)


def difference(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


def test_pictures_are_those_of_the_stock_pipeline(case: Case) -> None:
    assert case.pictures.std() > 0.01
    assert len(case.denoiser.noise_levels(STEPS, SIZE)) == STEPS
    assert case.denoiser.codec.latent_size(SIZE)[0] == SIZE[0] // case.family.grid
    assert difference(our_pictures(case.denoiser, case.noise), case.pictures) < LIMIT


def test_so_are_those_of_the_sampler(case: Case) -> None:
    """One level, by ``sample`` itself, from the stock pipeline's own first z."""
    settings = SamplerSettings(solver="ddim", blending="none", steps=STEPS)
    levels = sample(
        case.denoiser,
        [Placement()],
        size=SIZE,
        seed=SEED,
        settings=settings,
        state=SamplerState(0, start(case.denoiser, case.noise)[:1], None),
    )
    assert difference(as_seen(levels), case.pictures[:1]) < LIMIT


@pytest.mark.parametrize("plant", MISTAKES)
def test_a_mistake_is_noticed(case: Case, plant: Any) -> None:
    denoiser = case.adapter()
    if not applies(plant, denoiser):
        return
    plant(denoiser)
    assert difference(our_pictures(denoiser, case.noise), case.pictures) > LIMIT


def test_at_least_five_mistakes_are_tried(case: Case) -> None:
    assert sum(applies(plant, case.denoiser) for plant in MISTAKES) >= 5


def pictures() -> torch.Tensor:
    """(2, 3, H, W), -1 to 1."""
    generator = torch.Generator().manual_seed(3)
    return torch.rand(2, 3, SIZE[1], SIZE[0], generator=generator) * 2 - 1


def coding_differences(case: Case, denoiser: PipelineDenoiser) -> list[float]:
    """Of the latents from image-to-image's, and of what the stock pipeline shows of them."""
    latents = denoiser.codec.encode(pictures())
    shown = stock_decoded(case.stock, case.family, latents)
    differences = [difference(shown, seen_by_vae(case.stock, pictures()))]
    stock = stock_encoded(case.stock, pictures())
    return differences if stock is None else [*differences, difference(latents, stock)]


def test_coding_is_the_stock_pipelines(case: Case) -> None:
    if getattr(case.stock, "vae", None) is None:
        assert torch.equal(case.denoiser.codec.encode(pictures()), pictures())
        return
    assert max(coding_differences(case, case.denoiser)) < CODING_LIMIT
    latents = case.denoiser.codec.encode(pictures())
    shown = as_seen(case.denoiser.codec.decode(latents))
    assert difference(shown, seen_by_vae(case.stock, pictures())) < CODING_LIMIT


@pytest.mark.parametrize("plant", CODING_MISTAKES)
def test_a_mistake_of_coding_is_noticed(case: Case, plant: Any) -> None:
    if getattr(case.stock, "vae", None) is not None:
        denoiser = case.adapter()
        plant(denoiser.codec)
        assert max(coding_differences(case, denoiser)) > CODING_LIMIT
