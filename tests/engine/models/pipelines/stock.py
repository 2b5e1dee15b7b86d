"""What the stock pipelines of diffusers make by themselves: the oracle of the adapters."""

from __future__ import annotations

import inspect
from typing import Any
from unittest import mock

import diffusers
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from engine.contract.pipeline_families import PipelineFamily
from engine.models.pipelines.layouts import LAYOUTS

PROMPTS = ["a spiral galaxy", "a planet seen from far above, blue"]
SIZE = (96, 64)  # (width, height): not square, so that a mix-up shows

_AVOIDED = ["red", "a coast"]


def avoided(stock: Any) -> list[str]:
    """Negative prompts, where a stock pipeline is asked for them by the name of one."""
    takes = "negative_prompt" in inspect.signature(type(stock).__call__).parameters
    # FLUX.1 uses them with another guidance than its own.
    return _AVOIDED if takes and type(stock).__name__ != "FluxPipeline" else ["", ""]


def of_first_order(stock: Any) -> None:
    """DPM-Solver++ of first order is DDIM; the higher orders are another solver."""
    scheduler = stock.scheduler
    if type(scheduler).__name__ == "DPMSolverMultistepScheduler":
        stock.scheduler = type(scheduler).from_config(scheduler.config, solver_order=1)


def stock_pictures(
    stock: Any, family: PipelineFamily, noise: torch.Tensor, steps: int
) -> torch.Tensor:
    """(2, 3, H, W), 0 to 1, from the noise in the layout (2, C, h, w)."""
    made = []
    for group in [[0], [1]] if family.single else [[0, 1]]:
        texts: dict[str, Any] = {"prompt": [PROMPTS[i] for i in group]}
        if any(avoided(stock)):
            texts["negative_prompt"] = [avoided(stock)[i] for i in group]
        scaled = noise[group] * stock.config.get("noise_scale", 1.0)
        made.append(_called(stock, family, LAYOUTS[family.layout].lay(scaled), steps, texts))
    return torch.cat(made)


def stock_decoded(stock: Any, family: PipelineFamily, latents: torch.Tensor) -> torch.Tensor:
    """(2, 3, H, W), 0 to 1: what the pipeline shows of clean latents, its run cut short."""
    laid = LAYOUTS[family.layout].lay(latents)
    if family.layout == "tokens":
        laid = latents.flatten(2).transpose(1, 2)
    with mock.patch.object(stock.scheduler, "step", return_value=(laid,)):
        given = LAYOUTS[family.layout].lay(torch.zeros_like(latents))
        return _called(stock, family, given, 1, {"prompt": PROMPTS})


def stock_encoded(stock: Any, pictures: torch.Tensor) -> torch.Tensor | None:
    """(2, C, h, w): latents of pictures (2, 3, H, W), -1 to 1, as image-to-image begins with them.

    None for a family without image-to-image.
    """
    name = type(stock).__name__
    if name == "Flux2KleinPipeline":
        latents: torch.Tensor = stock._encode_vae_image(pictures, None)
        return latents
    kind = getattr(diffusers, name.removesuffix("Pipeline") + "Img2ImgPipeline", None)
    if kind is None:
        return None
    parts = {k: v for k, v in stock.components.items() if k in inspect.signature(kind).parameters}
    pipeline = kind(**parts)
    known = {
        "image": pictures,
        "timestep": None,
        "batch_size": 2,
        "num_images_per_prompt": 1,
        "num_channels_latents": 4,
        "height": pictures.shape[2],
        "width": pictures.shape[3],
        "dtype": torch.float32,
        "device": "cpu",
        "generator": None,
        "add_noise": False,
    }
    asked = inspect.signature(pipeline.prepare_latents).parameters
    # Its latents are drawn around the most likely ones, and noise is added.
    scheduler = pipeline.scheduler
    adds = "add_noise" if hasattr(scheduler, "add_noise") else "scale_noise"
    with (
        mock.patch.object(DiagonalGaussianDistribution, "sample", lambda self, *_: self.mode()),
        mock.patch.object(scheduler, adds, lambda latents, *_: latents),
    ):
        made = pipeline.prepare_latents(**{n: known[n] for n in asked if n in known})
    latents = made[0] if isinstance(made, tuple) else made
    if latents.ndim == 3:
        height, width = pictures.shape[2] // 8, pictures.shape[3] // 8
        latents = LAYOUTS["packed"].raised(latents, height, width)
    return latents


def seen_by_vae(stock: Any, pictures: torch.Tensor) -> torch.Tensor:
    """(2, 3, H, W), 0 to 1: pictures of -1 to 1 through the VAE and back, without any scale."""
    vae = stock.vae
    films = "QwenImage" in type(vae).__name__
    coded = vae.encode(pictures[:, :, None] if films else pictures)
    latents = coded.latent_dist.mode() if hasattr(coded, "latent_dist") else coded.latent
    shown = vae.decode(latents, return_dict=False)[0]
    return as_seen(shown[:, :, 0] if films else shown)


def as_seen(values: torch.Tensor) -> torch.Tensor:
    """-1 to 1 as 0 to 1."""
    return (values / 2 + 0.5).clamp(0, 1)


def _called(
    stock: Any, family: PipelineFamily, latents: torch.Tensor, steps: int, texts: dict[str, Any]
) -> torch.Tensor:
    pictures: torch.Tensor = stock(
        **texts,
        **family.call,
        **{family.scale: family.guidance},
        latents=latents,
        width=SIZE[0],
        height=SIZE[1],
        num_inference_steps=steps,
        output_type="pt",
    ).images
    return pictures if getattr(stock, "vae", None) is not None else as_seen(pictures)
