"""Pictures of an exported model, each sampled alone, and contact sheets of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from transformers import T5Tokenizer

from ..drawing.images import SMALL
from ..learning import model, tokens
from ..learning.first_stage import Networks

PROMPTS: dict[str, str] = {
    "galaxy_cluster": "a cluster of galaxies",
    "galaxy": "a spiral galaxy",
    "nebula": "a nebula",
    "stars": "a star field",
    "solar_system": "the solar system",
    "planet": "a planet",
    "moon": "craters on the moon",
    "continent": "a continent from space",
    "clouds": "clouds from above",
    "ocean": "the open ocean",
    "coast": "a coast from above",
    "mountains": "snowy mountains from above",
    "dunes": "desert dunes",
    "river_delta": "a river delta from above",
    "forest": "a forest canopy from above",
    "fields": "farm fields from above",
    "city": "a city at night from above",
    "meadow": "a meadow with wild flowers",
    "bark": "tree bark",
    "leaf": "leaf veins",
    "flower": "a flower",
    "water_drops": "water drops",
    "butterfly": "butterfly scales",
    "circuit": "a circuit board",
    "diatoms": "plankton",
    "plant_cells": "plant cells",
    "blood": "red blood cells",
    "snow_crystal": "a snow crystal",
    "bacteria": "bacteria",
    "lattice": "a crystal lattice",
}
"""One plain prompt a concept."""


@torch.inference_mode()
def sample(
    networks: Networks,
    tokenizer: T5Tokenizer,
    prompts: Sequence[str],
    generator: torch.Generator,
    guidance: float,
    steps: int,
) -> torch.Tensor:
    """Pictures (n, 3, 64, 64) in -1..1, each sampled alone.

    DPM-Solver++ 2M (Lu et al. 2022) on a grid uniform in log sigma from 80 to 0.01, written for
    y = z / alpha, where it reads like an Euler step in sigma.
    """
    table = model.log_sigmas(model.build_scheduler())
    ids = tokens.encode(tokenizer, [*prompts, *[""] * len(prompts)])
    text = networks.text_encoder(input_ids=ids, attention_mask=(ids != 0).long())[0]
    grid = torch.exp(torch.linspace(math.log(80.0), math.log(0.01), steps))
    timesteps = model.timestep_at(table, grid)
    y = grid[0] * torch.randn(len(prompts), 3, SMALL, SMALL, generator=generator)
    before: torch.Tensor | None = None
    for i, sigma in enumerate(grid):
        a = 1 / math.sqrt(1 + float(sigma) ** 2)
        z = a * y
        v = networks.unet(
            torch.cat([z, z]), timesteps[i].expand(len(z) * 2), encoder_hidden_states=text
        ).sample[:, :3]
        x0 = a * torch.cat([z, z]) - float(sigma) * a * v
        with_text, without = x0.chunk(2)
        x0 = threshold(without + guidance * (with_text - without))
        if i + 1 == steps:
            return x0.clamp(-1, 1)
        ratio = grid[i + 1] / sigma
        # Second order: extrapolate x0 to the middle of the step; the grid's ratio is constant.
        middle = x0 if before is None else 1.5 * x0 - 0.5 * before
        y = ratio * y + (1 - ratio) * middle
        before = x0
    raise ValueError("steps must be at least 1")


def threshold(x0: torch.Tensor, ratio: float = 0.95, highest: float = 1.5) -> torch.Tensor:
    """Dynamic thresholding (Saharia et al. 2022), with IF's settings."""
    limit = torch.quantile(x0.abs().flatten(1), ratio, dim=1).clamp(1.0, highest)
    limit = limit[:, None, None, None]
    return torch.maximum(torch.minimum(x0, limit), -limit) / limit


def sheet(rows: Sequence[torch.Tensor]) -> Image.Image:
    """Rows of pictures (n, 3, h, w) in -1..1 as one picture."""
    pixels = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
    array = ((pixels.permute(1, 2, 0).numpy() + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8)
    return Image.fromarray(array)
