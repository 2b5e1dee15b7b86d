"""Trains stage I of the bundled model: text encoder and UNet together, from drawn pictures.

python -m research.training.drawing.images                     draws the pictures, once
python -m research.training.learning.first_stage --minutes 85  on CPU cores, or on CUDA if present

``--start engine/models/bundled`` begins with the weights that are committed.
"""

from __future__ import annotations

import argparse
import functools
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch.nn import functional
from transformers import T5EncoderModel, T5Tokenizer

from ..drawing.images import DATA, NO_SET, captions_of, is_made
from . import model, tokens
from .dataset import Pictures
from .trainer import CORES, Losses, Schedule, Trainer, noised, train_in_processes, weighted

RUN = DATA / "run"
LEFT_OUT = 0.12  # share of the captions, for guidance
HISTORY = "training.json"  # in an exported model and in a run: the trainings before


@dataclass(frozen=True)
class Plan:
    """What the command line decides about stage I.

    Attributes:
        small_share: share of the time at 32 px.
        batch_small: pictures in a batch at 32 px, over all processes.
        batch_full: pictures in a batch at 64 px, over all processes.
        start: an exported model whose weights to begin with.
        holding: share of pictures that hold another; None is that of the set.
    """

    small_share: float
    batch_small: int
    batch_full: int
    start: Path | None = None
    holding: float | None = None


class Networks(torch.nn.Module):
    """Both networks as one module, for one optimiser and one average."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.unet: UNet2DConditionModel = model.build_unet()
        self.text_encoder: T5EncoderModel = model.build_text_encoder(vocabulary)

    def forward(self, z: torch.Tensor, timesteps: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """v (n, 3, h, w) for noisy pictures z (n, 3, h, w), timesteps (n,) and ids (n, 77)."""
        text = self.text_encoder(input_ids=ids, attention_mask=(ids != 0).long())[0]
        v: torch.Tensor = self.unet(z, timesteps, encoder_hidden_states=text).sample[:, :3]
        return v


def draw_timesteps(table: torch.Tensor, count: int) -> torch.Tensor:
    """Continuous timesteps (count,) in 0..999.

    Half are uniform. Of the rest, most are uniform in log sigma from 0.3 to 8, where the shapes
    are decided, and some from 8 to 80, where the sampler's grid begins.
    """
    high, part, chosen, uniform = torch.rand(4, count, device=table.device)
    low_end, high_end = (torch.where(high < 0.2, *ends) for ends in ((8.0, 0.3), (80.0, 8.0)))
    sigma = low_end * (high_end / low_end) ** part
    return torch.where(chosen < 0.5, model.timestep_at(table, sigma), uniform * 999)


class FirstStage(Trainer):
    """Pictures of 64 px (at first of 32) from their captions."""

    def __init__(
        self, plan: Plan, data: Path, schedule: Schedule, run: Path, device: torch.device, rank: int
    ) -> None:
        self.choices = plan
        tokenizer = T5Tokenizer.from_pretrained(run / "tokenizer")
        self.pictures = Pictures(data, tokenizer, device, plan.holding)
        torch.manual_seed(schedule.seed)
        networks = Networks(len(tokenizer))
        if plan.start:
            load_exported(networks, plan.start, tokenizer)
        super().__init__(networks, schedule, run, device, rank)

    def batch(self, size: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures (count, 3, size, size) in -1..1 and token numbers (count, 77)."""
        x0, ids = self.pictures.batch(self.order, count, LEFT_OUT)
        if size < 64:
            x0 = functional.avg_pool2d(x0, 64 // size)
        if self.order.random() < 0.5:
            x0 = x0.flip(3)
        return x0, ids

    def losses(self) -> Losses:
        small = self.spent < self.plan.minutes * 60 * self.choices.small_share
        count = self.choices.batch_small if small else self.choices.batch_full
        x0, ids = self.batch(32 if small else 64, count // self.plan.processes)
        timesteps = draw_timesteps(self.table, len(x0))
        z, target = noised(self.table, x0, timesteps)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            v = self.networks(z, timesteps, ids)
        return weighted(self.table, v, target, timesteps)


def load_exported(networks: Networks, folder: Path, tokenizer: T5Tokenizer) -> None:
    """Take over the weights of an exported model of the same shape.

    Args:
        tokenizer: the model's own, or with more words at its end: the row of such a word begins
            as the sum of the tokens that stood for it before, at their length.
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


def begin_run(run: Path, data: Path, start: Path | None) -> None:
    """Make a run's folder with its tokenizer and the history of what it begins with, once."""
    run.mkdir(parents=True, exist_ok=True)
    if (run / "tokenizer").exists():
        return
    if start and (start / HISTORY).exists():
        shutil.copy(start / HISTORY, run / HISTORY)
    # The tokenizer says that the run has begun: it comes last, and whole.
    tokens.save(tokens.tokenizer_for(captions_of(data), start), run / "tokenizer.new")
    (run / "tokenizer.new").replace(run / "tokenizer")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.learning.first_stage",
        description=__doc__.splitlines()[0],
    )
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
        "--holding", type=float, metavar="SHARE",
        help="share of the pictures drawn that hold another; at most that of the set, about 0.45",
    )  # fmt: skip
    options = parser.parse_args()
    if options.holding is not None and not 0 <= options.holding < 1:
        parser.error(f"--holding {options.holding:g}: a share is at least 0 and less than 1")
    if not is_made(options.data):
        parser.error(f"--data {options.data}: {NO_SET}")
    begin_run(options.run, options.data, options.start)
    schedule = Schedule(options.minutes, options.rate, options.seed, options.processes)
    plan = Plan(
        options.small_share, options.batch_small, options.batch_full, options.start, options.holding
    )
    begin = functools.partial(FirstStage, plan, options.data, schedule, options.run)
    train_in_processes(begin, options.processes, options.run)


if __name__ == "__main__":
    main()
