"""Do words for light, season and density change a sample as they say?

A word is measured among the others of its kind ("in winter" among the seasons of a forest). What
tells them apart is learned from drawn pictures of which they are true.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..drawing.fields import Rng
from ..drawing.images import draw
from ..learning.first_stage import exported
from .classifier import build_classifier
from .sample import sample

_DENSITY = ("few and far apart", "densely packed")
_LIGHT = ("at sunset", "on a cold morning")
CHOICES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("forest", "a forest from above", ("in spring", "in summer", "in autumn", "in winter")),
    ("fields", "farm fields", ("in spring", "at harvest time", "in winter")),
    ("meadow", "a meadow", ("without flowers", "full of flowers")),
    ("planet", "a planet", ("half in shadow", "in full sunlight")),
    ("clouds", "clouds from above", ("over blue sea", "over green land")),
    ("coast", "a coast from above", _LIGHT),
    ("mountains", "mountains from above", _LIGHT),
    ("ocean", "the open ocean", _LIGHT),
    ("galaxy_cluster", "distant galaxies", _DENSITY),
    ("stars", "stars", _DENSITY),
    ("city", "a city at night", _DENSITY),
    ("water_drops", "water drops", _DENSITY),
    ("diatoms", "diatoms", _DENSITY),
    ("blood", "blood cells", _DENSITY),
    ("bacteria", "bacteria", _DENSITY),
)
"""Concept, prompt, and words of which one is true at a time."""

_PICTURES = 150  # drawn of each word to learn from, and a third as many to test
_STEPS = 400


def effects(model: Path, count: int, guidance: float) -> dict[str, object]:
    """How many samples of each prompt look like its word, and how many drawn pictures do."""
    networks, tokenizer = exported(model)
    generator, rng = torch.Generator().manual_seed(79), np.random.default_rng(79)
    rows = []
    for concept, prompt, words in CHOICES:
        known = [_drawn(rng, concept, word, _PICTURES) for word in words]
        new = [_drawn(rng, concept, word, _PICTURES // 3) for word in words]
        telling = _learn(known)
        for number, word in enumerate(words):
            text = f"{prompt}, {word}"
            made = sample(networks, tokenizer, [text] * count, generator, guidance, 16)
            row = {
                "prompt": text,
                "samples": _share(telling, made, number),
                "drawn": _share(telling, new[number], number),
                "by chance": 1 / len(words),
            }
            rows.append(row)
            print(
                f"{text:40} {row['samples']:.2f} of samples, {row['drawn']:.2f} of drawn ones",
                flush=True,
            )
    return {
        "samples": float(np.mean([row["samples"] for row in rows])),
        "drawn": float(np.mean([row["drawn"] for row in rows])),
        "by chance": float(np.mean([row["by chance"] for row in rows])),
        "rows": rows,
    }


def _drawn(rng: Rng, concept: str, word: str, count: int) -> torch.Tensor:
    """Pictures (count, 3, 64, 64) in -1..1 of which the word is true."""
    pictures: list[np.ndarray] = []
    while len(pictures) < count:
        image, drawing = draw(rng, concept)
        if word in drawing.phrases:
            pictures.append(image)
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() * 2 - 1


def _learn(known: list[torch.Tensor]) -> nn.Module:
    """A network that names the word of a picture, from pictures of each word."""
    torch.manual_seed(0)
    pictures = torch.cat(known)
    labels = torch.arange(len(known)).repeat_interleave(len(known[0]))
    network = build_classifier(len(known))
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    # Let down at the end: on dark pictures the averages of the normalisation follow slowly.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=_STEPS)
    for _ in range(_STEPS):
        chosen = torch.randint(len(pictures), (48,))
        mirrored = pictures[chosen].flip(3) if torch.rand(()) < 0.5 else pictures[chosen]
        loss = functional.cross_entropy(network(mirrored), labels[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.eval()


@torch.inference_mode()
def _share(network: nn.Module, pictures: torch.Tensor, number: int) -> float:
    return float((network(pictures).argmax(1) == number).float().mean())
