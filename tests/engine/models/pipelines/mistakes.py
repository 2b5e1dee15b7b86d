"""Mistakes that an adapter could have, each planted into a right one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import torch

from engine.models.pipelines.codec import VaeCodec
from engine.models.pipelines.denoiser import PipelineDenoiser

Plant = Callable[[PipelineDenoiser], None]


def time_off_by_one(denoiser: PipelineDenoiser) -> None:
    right = denoiser._times.time
    denoiser._times.time = lambda sigma: right(sigma) - 1.0


def prompts_swapped(denoiser: PipelineDenoiser) -> None:
    denoiser._embedded = {name: _reversed(each) for name, each in denoiser._embedded.items()}


def halves_swapped(denoiser: PipelineDenoiser) -> None:
    """What to show and what to avoid."""
    texts = denoiser._embedded
    pairs = [(name, f"negative_{name}") for name in texts if f"negative_{name}" in texts]
    other = dict(pairs) | {negative: name for name, negative in pairs}
    denoiser._embedded = {name: texts[other.get(name, name)] for name in texts}


def pooled_of_another(denoiser: PipelineDenoiser) -> None:
    pooled = {n: _reversed(t) for n, t in denoiser._embedded.items() if "pooled" in n}
    denoiser._embedded = {**denoiser._embedded, **pooled}


def guidance_of_another_form(denoiser: PipelineDenoiser) -> None:
    """pos + g (pos - neg) where it should be neg + g (pos - neg), or the other way round."""
    (scale,) = (name for name in denoiser._call if name in ("guidance_scale", "true_cfg_scale"))
    denoiser._call[scale] += 1.0


def channels_mixed_up(denoiser: PipelineDenoiser) -> None:
    right = denoiser._layout.raised
    denoiser._layout = dataclasses.replace(
        denoiser._layout, raised=lambda said, h, w: right(said, h, w).roll(1, dims=1)
    )


def rows_mixed_up(denoiser: PipelineDenoiser) -> None:
    right = denoiser._layout.raised
    denoiser._layout = dataclasses.replace(
        denoiser._layout, raised=lambda said, h, w: right(said, h, w).flip(2)
    )


def latents_at_another_scale(denoiser: PipelineDenoiser) -> None:
    right = denoiser._layout.lay
    denoiser._layout = dataclasses.replace(denoiser._layout, lay=lambda z: 1.01 * right(z))


def answer_negated(denoiser: PipelineDenoiser) -> None:
    right = denoiser._times.estimate
    denoiser._times.estimate = lambda z, said, sigma: right(z, -said, sigma)


MISTAKES: tuple[Plant, ...] = (
    time_off_by_one,
    prompts_swapped,
    halves_swapped,
    pooled_of_another,
    guidance_of_another_form,
    channels_mixed_up,
    rows_mixed_up,
    latents_at_another_scale,
    answer_negated,
)


def applies(plant: Plant, denoiser: PipelineDenoiser) -> bool:
    """Whether a family has what the mistake is about."""
    texts = [name for name, text in denoiser._embedded.items() if text is not None]
    guided = any(name.startswith("negative") for name in texts)
    if plant is halves_swapped:
        return guided
    if plant is pooled_of_another:
        return any("pooled" in name for name in texts)
    if plant is guidance_of_another_form:
        heard = guided and not denoiser.pipeline.config.get("is_distilled")
        return heard or bool(denoiser._denoiser.config.get("guidance_embeds"))
    return True


def _reversed(values: Any) -> Any:
    return values.flip(0) if torch.is_tensor(values) else values and values[::-1]


def scale_forgotten(codec: VaeCodec) -> None:
    """As its VAE makes them."""
    right = codec._vae.config.get("scaling_factor") or 2.0
    scaled = codec._scaled
    codec._scaled = lambda raw: scaled(raw) / right


def shift_off(codec: VaeCodec) -> None:
    scaled = codec._scaled
    codec._scaled = lambda raw: scaled(raw) + 0.01


def latent_channels_mixed_up(codec: VaeCodec) -> None:
    scaled = codec._scaled
    codec._scaled = lambda raw: scaled(raw).roll(1, dims=1)


CODING_MISTAKES = (scale_forgotten, shift_off, latent_channels_mixed_up)
