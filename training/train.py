"""Trains stage I of the bundled model: text encoder and UNet together, from drawn pictures.

python -m training.images                       the pictures, once
python -m training.train --minutes 85           on two CPU cores, or on CUDA when there is one

Where a run's checkpoint is gone, ``--start engine/models/bundled`` begins a new run with the
weights that are committed.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from torch.nn import functional
from transformers import T5EncoderModel, T5Tokenizer

from . import model, tokens
from .captions import parted
from .images import CAPTIONS, CONCEPTS, DATA, is_made, make_set
from .trainer import CORES, Losses, Schedule, Trainer, noised, train_in_processes, weighted

RUN = DATA / "run"
HISTORY = "training.json"  # in an exported model and in a run: the trainings before


@dataclass(frozen=True)
class Plan:
    """What the command line decides about stage I.

    Attributes:
        small_share: share of the time at 32 px.
        start: an exported model whose weights to begin with.
        twice: subjects to draw twice as often.
    """

    small_share: float
    batch_small: int
    batch_full: int
    start: Path | None
    twice: tuple[str, ...]


class Networks(torch.nn.Module):
    """Both networks as one module, for one optimiser and one average."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.unet: UNet2DConditionModel = model.build_unet()
        self.text_encoder: T5EncoderModel = model.build_text_encoder(vocabulary)

    def forward(self, z: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """v (n, 3, h, w) for noisy pictures z (n, 3, h, w), timesteps (n,) and ids (n, 77)."""
        text = self.text_encoder(input_ids=ids, attention_mask=(ids != 0).long())[0]
        return self.unet(z, timesteps, encoder_hidden_states=text).sample[:, :3]


def draw_timesteps(table: torch.Tensor, count: int) -> torch.Tensor:
    """Continuous timesteps (count,) in 0..999.

    Half are uniform. Of the rest, most are uniform in log sigma from 0.3 to 8, where the shapes
    are decided, and some from 8 to 80, where the sampler's grid begins.
    """
    uniform = torch.rand(count) * 999
    low, high = torch.tensor((0.3, 8.0)), torch.tensor((8.0, 80.0))
    ends = torch.where(torch.rand(count, 1) < 0.2, high, low).log()
    sigma = torch.exp(ends[:, 0] + torch.rand(count) * (ends[:, 1] - ends[:, 0]))
    chosen = model.timestep_at(table, sigma)
    return torch.where(torch.rand(count) < 0.5, chosen, uniform)


class FirstStage(Trainer):
    """Pictures of 64 px (at first of 32) from their captions."""

    def __init__(
        self, plan: Plan, data: Path, schedule: Schedule, run: Path, device: torch.device, rank: int
    ) -> None:
        self.choices = plan
        self.images = np.load(data / "images.npy", mmap_mode="r")
        captions = json.loads((data / CAPTIONS).read_text(encoding="utf-8"))
        tokenizer = T5Tokenizer.from_pretrained(run / "tokenizer")
        self.ids = tokens.encode(tokenizer, captions).to(torch.int16)
        self.pool = self._pool(np.load(data / "concepts.npy"))
        # A picture whose caption is left out still tells what it holds: guidance is not to
        # exaggerate that.
        marks = [parted(text)[0] for text in captions]
        self.marks_alone = tokens.encode(tokenizer, marks).to(torch.int16)
        torch.manual_seed(schedule.seed)
        networks = Networks(len(tokenizer))
        if plan.start:
            load_exported(networks, plan.start, tokenizer)
        super().__init__(networks, schedule, run, device, rank)

    def _pool(self, concepts: NDArray[np.int16]) -> NDArray[np.int64]:
        """Numbers of the pictures to draw from, those of the subjects in ``twice`` repeated."""
        numbers = [list(CONCEPTS).index(name) for name in self.choices.twice]
        return np.concatenate(
            [np.arange(len(concepts)), np.flatnonzero(np.isin(concepts, numbers))]
        )

    def batch(self, size: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (count, 3, size, size) in -1..1 and token numbers (count, 77)."""
        chosen = np.sort(self.order.choice(self.pool, count))
        x0 = torch.from_numpy(self.images[chosen]).permute(0, 3, 1, 2).float() / 127.5 - 1
        if size < 64:
            x0 = functional.avg_pool2d(x0, 64 // size)
        if self.order.random() < 0.5:
            x0 = x0.flip(3)
        numbers = torch.from_numpy(chosen)
        left_out = torch.rand(count, 1) < 0.12
        ids = torch.where(left_out, self.marks_alone[numbers], self.ids[numbers])
        return x0.to(self.device), ids.to(self.device, torch.int64)

    def losses(self) -> Losses:
        small = self.spent < self.plan.minutes * 60 * self.choices.small_share
        count = self.choices.batch_small if small else self.choices.batch_full
        x0, ids = self.batch(32 if small else 64, count // self.plan.processes)
        timesteps = draw_timesteps(self.table, len(x0))
        z, target = noised(self.table, x0, timesteps)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            v = self.networks(z, timesteps.to(self.device), ids)
        return weighted(self.table, v, target, timesteps)


def load_exported(networks: Networks, folder: Path, tokenizer: T5Tokenizer) -> None:
    """Take over the weights of an exported model of the same shape.

    Args:
        tokenizer: the model's own, or with more words at its end: these begin as what the model
            has read so far in their place.
    """
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
    text = T5EncoderModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
    before = T5Tokenizer.from_pretrained(folder / "tokenizer")
    known = len(text.shared.weight)
    text.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    rows = text.shared.weight.data
    for number in range(known, len(tokenizer)):
        word = tokenizer.convert_tokens_to_string(tokenizer.convert_ids_to_tokens([number]))
        parts = rows[before(word, add_special_tokens=False).input_ids]
        rows[number] = parts.sum(0) / math.sqrt(len(parts))
    networks.unet.load_state_dict(unet.state_dict())
    networks.text_encoder.load_state_dict(text.state_dict())


def exported(folder: Path) -> tuple[Networks, T5Tokenizer]:
    """Stage I of an exported model."""
    tokenizer = T5Tokenizer.from_pretrained(folder / "tokenizer")
    networks = Networks(len(tokenizer))
    load_exported(networks, folder, tokenizer)
    return networks.eval(), tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=85)
    parser.add_argument("--small-share", type=float, default=0.5, help="share of the time at 32 px")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch-small", type=int, default=64)
    parser.add_argument("--batch-full", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=CORES)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--start", type=Path, help="an exported model whose weights to begin with")
    parser.add_argument(
        "--whole", nargs="*", default=[], metavar="WORD",
        help="words to give a token of their own, where --start's tokenizer takes them apart",
    )  # fmt: skip
    parser.add_argument(
        "--twice", nargs="*", default=[], choices=list(CONCEPTS), metavar="SUBJECT",
        help="subjects to draw twice as often: new ones, and those that come out worst",
    )  # fmt: skip
    options = parser.parse_args()
    if options.whole and not options.start:
        parser.error("--whole is for a model given with --start")
    if not is_made(options.data):
        make_set(27000, options.seed, options.data)
    options.run.mkdir(parents=True, exist_ok=True)
    if not (options.run / "tokenizer").exists():
        texts = json.loads((options.data / CAPTIONS).read_text(encoding="utf-8"))
        tokenizer = tokens.tokenizer_for(texts, options.start, options.whole)
        tokens.save(tokenizer, options.run / "tokenizer")
        if options.start and (options.start / HISTORY).exists():
            shutil.copy(options.start / HISTORY, options.run / HISTORY)
    schedule = Schedule(options.minutes, options.rate, options.seed, options.processes)
    plan = Plan(
        options.small_share, options.batch_small, options.batch_full, options.start,
        tuple(options.twice),
    )  # fmt: skip
    begin = functools.partial(FirstStage, plan, options.data, schedule, options.run)
    train_in_processes(begin, options.processes, options.run)


if __name__ == "__main__":
    main()
