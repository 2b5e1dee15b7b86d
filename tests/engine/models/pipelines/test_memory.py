"""Where memory runs short, a model does the same in smaller parts, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.contract.pipeline_families import PIPELINES
from engine.machine.noticing import noticed
from engine.models.pipelines.denoiser import PipelineDenoiser
from engine.models.pipelines.halves import FolderHalves
from engine.models.pipelines.model import PipelineModel
from engine.models.pipelines.tiling import smaller_tiles
from tests.engine.models.pipelines.tiny_pipelines import save_tiny

SIZE = (64, 96)
PROMPTS = ["a galaxy", "a planet", "a sea", "a leaf", "a cell"]


@pytest.fixture
def denoiser(tmp_path: Path) -> PipelineDenoiser:
    name = "StableDiffusionXLPipeline"
    halves = FolderHalves(save_tiny("sdxl", tmp_path / "sdxl"), "tiny")
    model = PipelineModel(halves, name, PIPELINES[name], "tiny", "0", 96, torch.device("cpu"))
    return model.condition(PROMPTS, [""] * len(PROMPTS), 5.0)


def short(call: Callable[..., Any], fits: Callable[..., bool]) -> Callable[..., Any]:
    def limited(*arguments: Any, **named: Any) -> Any:
        if not fits(*arguments):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return call(*arguments, **named)

    return limited


def noise(denoiser: PipelineDenoiser) -> torch.Tensor:
    width, height = denoiser.codec.latent_size(SIZE)
    generator = torch.Generator().manual_seed(1)
    return torch.randn(len(PROMPTS), denoiser.channels, height, width, generator=generator)


def asked(denoiser: PipelineDenoiser) -> torch.Tensor:
    return denoiser.predict_x0(2.0 * noise(denoiser), torch.full((len(PROMPTS),), 2.0))


def test_fewer_levels_at_once_give_the_same(denoiser: PipelineDenoiser) -> None:
    before, told = asked(denoiser), []
    unet = denoiser.pipeline.unet
    unet.forward = short(unet.forward, lambda sample, *_: len(sample) <= 2)  # guidance doubles them
    with noticed(told.append):
        assert torch.allclose(asked(denoiser), before, atol=1e-4)
        assert torch.allclose(asked(denoiser), before, atol=1e-4)
    assert denoiser.micro_batch == 1
    assert [sentence.rpartition(" asked for ")[2] for sentence in told] == [
        "2 levels at once.",
        "a level at once.",
    ]


def test_where_one_level_is_too_much_the_run_ends(denoiser: PipelineDenoiser) -> None:
    denoiser.pipeline.unet.forward = short(denoiser.pipeline.unet.forward, lambda *_: False)
    with pytest.raises(torch.OutOfMemoryError):
        asked(denoiser)


def test_pictures_are_coded_in_parts(denoiser: PipelineDenoiser) -> None:
    """What lies inside of the VAE is never given more than half a picture to a side."""
    pictures = torch.rand(1, 3, 1024, 512, generator=torch.Generator().manual_seed(2)) * 2 - 1
    vae, told = denoiser.pipeline.vae, []
    vae.tile_sample_min_size, vae.tile_latent_min_size = 1024, 128  # as large as its pictures
    encoder, decoder = vae.encoder, vae.decoder
    with torch.inference_mode():
        latents = denoiser.codec.encode(pictures)
        before = denoiser.codec.decode(latents)
        encoder.forward = short(encoder.forward, lambda sample, *_: sample.shape[-2] <= 512)
        decoder.forward = short(decoder.forward, lambda sample, *_: sample.shape[-2] <= 64)
        with noticed(told.append):
            coded = denoiser.codec.encode(pictures)
            after = denoiser.codec.decode(latents)
    assert (coded.shape, after.shape) == (latents.shape, before.shape)
    assert torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1] > 0.9
    assert len(told) == 1
    assert "in parts" in told[0]


def test_tiles_get_smaller_until_they_fit_or_the_run_ends(denoiser: PipelineDenoiser) -> None:
    vae = denoiser.pipeline.vae
    vae.tile_sample_min_size, vae.tile_latent_min_size = 1024, 128
    sides = []
    while smaller_tiles(vae):
        sides.append((vae.tile_sample_min_size, vae.tile_latent_min_size))
    assert sides == [(512, 64), (256, 32), (128, 16)]


def test_a_vae_that_asks_for_single_precision_gets_it(tmp_path: Path) -> None:
    name = "StableDiffusionXLPipeline"
    halves = FolderHalves(save_tiny("sdxl", tmp_path / "sdxl"), "tiny")
    model = PipelineModel(halves, name, PIPELINES[name], "tiny", "0", 96, torch.device("cpu"))
    model._dtype = torch.float16  # as on a card
    pipeline = model.condition(PROMPTS, [""] * len(PROMPTS), 5.0).pipeline
    assert pipeline.vae.config.force_upcast
    assert (pipeline.unet.dtype, pipeline.vae.dtype) == (torch.float16, torch.float32)


def test_the_text_half_is_gone_before_the_rest_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gc
    import weakref

    name = "StableDiffusionXLPipeline"
    halves = FolderHalves(save_tiny("sdxl", tmp_path / "sdxl"), "tiny")
    load_text, load_rest, encoders = halves.text, halves.rest, []

    def text(dtype: torch.dtype) -> Any:
        pipeline = load_text(dtype)
        encoders.extend(weakref.ref(e) for e in (pipeline.text_encoder, pipeline.text_encoder_2))
        return pipeline

    def rest(dtype: torch.dtype) -> Any:
        gc.collect()
        assert len(encoders) == 2
        assert [encoder() for encoder in encoders] == [None, None]
        return load_rest(dtype)

    monkeypatch.setattr(halves, "text", text)
    monkeypatch.setattr(halves, "rest", rest)
    model = PipelineModel(halves, name, PIPELINES[name], "tiny", "0", 96, torch.device("cpu"))
    assert model.condition(PROMPTS, [""] * len(PROMPTS), 5.0).pipeline.text_encoder is None
