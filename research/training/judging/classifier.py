"""A small classifier of drawn pictures, which never meets the diffusion model.

It judges recognition (``benchmarks``), and its layers are a perceptual distance (``measure``).
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from ..drawing.images import CONCEPTS

STEPS = 1_500
HELD_OUT = 1_800  # of a set's pictures, at most a fifth


def build_classifier() -> nn.Sequential:
    """Pictures (n, 3, 64, 64) in -1..1 to one score a concept: (n, concepts)."""
    widths = (3, 24, 48, 64, 96)
    layers: list[nn.Module] = []
    for i, o in itertools.pairwise(widths):
        layers += [nn.Conv2d(i, o, 3, stride=2, padding=1), nn.BatchNorm2d(o), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1),
        nn.Linear(widths[-1], len(CONCEPTS)),
    )  # fmt: skip


def train_classifier(data: Path, steps: int, held_out: int) -> tuple[nn.Module, float]:
    """The classifier and its accuracy on drawn pictures that it has not seen.

    Args:
        data: a drawn set.
        held_out: the number of pictures at its end that are not trained on.
    """
    torch.manual_seed(0)
    images = np.load(data / "images.npy", mmap_mode="r")
    labels = torch.from_numpy(np.load(data / "concepts.npy").astype(np.int64))
    classifier = build_classifier()
    optimiser = torch.optim.AdamW(classifier.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    order = np.random.default_rng(0)
    for _ in range(steps):
        chosen = np.sort(order.integers(0, len(images) - held_out, 64))
        scores = classifier(_pixels(images[chosen]))
        loss = functional.cross_entropy(scores, labels[torch.from_numpy(chosen)])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
    classifier.eval()
    with torch.inference_mode():
        guess = classifier(_pixels(images[-held_out:])).argmax(1)
    return classifier, float((guess == labels[-held_out:]).float().mean())


def kept_classifier(data: Path) -> tuple[nn.Module, float]:
    """The classifier of a picture set and its accuracy; trained once, then kept beside the set."""
    weights, notes = data / "classifier.safetensors", data / "classifier.json"
    if weights.exists():
        classifier: nn.Module = build_classifier()
        classifier.load_state_dict(load_file(weights))
        accuracy = float(json.loads(notes.read_text(encoding="utf-8"))["accuracy"])
    else:
        held_out = min(HELD_OUT, len(np.load(data / "images.npy", mmap_mode="r")) // 5)
        classifier, accuracy = train_classifier(data, STEPS, held_out)
        save_file(classifier.state_dict(), weights)
        notes.write_text(json.dumps({"accuracy": accuracy}), encoding="utf-8")
    return classifier.eval(), accuracy


def _pixels(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
