"""Trains the bundled model: text encoder and UNet together, from pictures made by a program.

python -m training.images                       the pictures, once
python -m training.train --minutes 85           on two CPU cores, or on CUDA when there is one

Every quantity that changes in the course of training (learning rate, picture size) follows the
training time spent, not the step count: a slow or busy machine still ends with a small learning
rate. After an interruption the same command goes on from the last checkpoint. Where that is gone,
``--start engine/models/bundled`` begins a new run with the weights that are committed.

On CPU there is one process a core, and they average their weights every few steps. Two threads in
one process would meet after every operation, and on a busy machine mostly wait for each other.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing
from diffusers import UNet2DConditionModel
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import T5EncoderModel, T5Tokenizer

from . import model, tokens
from .images import CONCEPTS, DATA, make_set
from .optimiser import build_optimisers

RUN = DATA / "run"

SHARE_EVERY = 6
"""Steps between two averages of the processes' weights."""


@dataclass
class Plan:
    """What the command line decides."""

    minutes: float
    small_share: float
    rate: float
    batch_small: int
    batch_full: int
    seed: int
    compile: bool
    processes: int
    start: Path | None
    twice: list[str]


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


def loss_of(
    networks: torch.nn.Module, table: torch.Tensor, x0: torch.Tensor, ids: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weighted loss (a scalar), plain squared errors of v (n,) and the timesteps (n,).

    Weights: min-SNR with gamma 5 (Hang et al. 2023) on the low-noise side. Its fall-off towards
    high noise is left out: the grid starts at sigma 80, and there v is nearly -x0, whose mean
    colour and layout steer everything after.
    """
    timesteps = draw_timesteps(table, len(x0))
    sigma = model.sigma_at(table, timesteps).to(x0.device)
    a = (1 / torch.sqrt(1 + sigma**2))[:, None, None, None]
    s = sigma[:, None, None, None] * a
    noise = torch.randn_like(x0)
    device = x0.device.type
    with torch.autocast(device, dtype=torch.bfloat16):
        v = networks(a * x0 + s * noise, timesteps.to(x0.device), ids)
    error = ((v.float() - (a * noise - s * x0)) ** 2).mean(dim=(1, 2, 3))
    weight = torch.clamp(6.0 / (1 + sigma**-2), max=1.0)
    return (weight * error).mean(), error.detach(), timesteps


class Trainer:
    """Networks, average, optimiser and the clock."""

    def __init__(
        self, plan: Plan, data: Path, run: Path, device: torch.device, rank: int = 0
    ) -> None:
        self.plan, self.run, self.device, self.rank = plan, run, device, rank
        torch.manual_seed(plan.seed)
        self.images = np.load(data / "images.npy", mmap_mode="r")
        captions = json.loads((data / "captions.json").read_text(encoding="utf-8"))
        tokenizer = T5Tokenizer.from_pretrained(run / "tokenizer")
        self.ids = tokens.encode(tokenizer, captions).to(torch.int16)
        self.pool = self._pool(np.load(data / "concepts.npy"))
        self.empty = tokens.encode(tokenizer, [""])[0]
        self.table = model.log_sigmas(model.build_scheduler())
        self.networks = Networks(len(tokenizer)).to(device)
        if plan.start:
            load_exported(self.networks, plan.start)
        self.average = {k: v.detach().clone() for k, v in self.networks.state_dict().items()}
        self.optimisers = build_optimisers(self.networks, plan.rate)
        self.step, self.seen, self.spent = 0, 0, 0.0
        self.log: list[dict[str, float]] = []
        self._load()
        self.forward = torch.compile(self.networks) if plan.compile else self.networks
        torch.manual_seed((plan.seed + self.step) * 64 + rank)
        self.order = np.random.default_rng((plan.seed, self.step, rank))

    def _pool(self, concepts: NDArray[np.int16]) -> NDArray[np.int64]:
        """Numbers of the pictures to draw from, those of the subjects in ``twice`` repeated."""
        numbers = [list(CONCEPTS).index(name) for name in self.plan.twice]
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
        ids = self.ids[torch.from_numpy(chosen)].long()
        ids[torch.rand(count) < 0.12] = self.empty
        return x0.to(self.device), ids.to(self.device)

    def rate(self) -> float:
        """Warm-up over 100 steps, flat, then a cosine to 2 % over the last 60 % of the time."""
        done = min(self.spent / (self.plan.minutes * 60), 1.0)
        fall = max(done - 0.4, 0.0) / 0.6
        return (
            self.plan.rate
            * min((self.step + 1) / 100, 1.0)
            * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * fall)))
        )

    def train(self, save_every: float = 240.0) -> None:
        started = last = time.monotonic()
        before, saved = self.spent, self.spent
        recent: list[tuple[float, float, float]] = []
        while self.spent < self.plan.minutes * 60:
            small = self.spent < self.plan.minutes * 60 * self.plan.small_share
            size = 32 if small else 64
            count = (
                self.plan.batch_small if small else self.plan.batch_full
            ) // self.plan.processes
            x0, ids = self.batch(size, count)
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = self.rate()
                optimiser.zero_grad(set_to_none=True)
            loss, error, timesteps = loss_of(self.forward, self.table, x0, ids)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
            for optimiser in self.optimisers:
                optimiser.step()
            self._share(time.monotonic() - started + before)
            if self.rank == 0:
                self._average()
            self.step, self.seen = self.step + 1, self.seen + count * self.plan.processes
            high = timesteps > 700
            recent.append((loss.item(), error[high].mean().item(), float(norm)))
            if self.step % 50 == 0:
                now = time.monotonic()
                self._report(recent, size, 50 * count * self.plan.processes / (now - last))
                recent, last = [], now
            if self.spent - saved > save_every:
                self.save()
                saved = self.spent
        self.save()

    def _share(self, clock: float) -> None:
        """Weights averaged over the processes; the first process's clock becomes everyone's.

        In between every process trains alone (local steps): on a busy machine the cores are never
        equally fast from one step to the next, over a few steps they nearly are.
        """
        if self.plan.processes == 1:
            self.spent = clock
            return
        if self.step % SHARE_EVERY:
            return
        weights = [p.data for p in self.networks.parameters()]
        time_spent = torch.tensor([clock * self.plan.processes if self.rank == 0 else 0.0])
        flat = torch.cat([w.reshape(-1) for w in weights] + [time_spent])
        dist.all_reduce(flat)
        flat /= self.plan.processes
        parts = flat[:-1].split([w.numel() for w in weights])
        for weight, part in zip(weights, parts, strict=True):
            weight.copy_(part.view_as(weight))
        self.spent = float(flat[-1])

    def _average(self) -> None:
        decay = min(0.998, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            current = self.networks.state_dict()
            names = [name for name in self.average if self.average[name].is_floating_point()]
            torch._foreach_lerp_(
                [self.average[n] for n in names], [current[n] for n in names], 1 - decay
            )

    def _report(self, recent: list[tuple[float, float, float]], size: int, speed: float) -> None:
        loss, high, norm = (float(np.nanmean(column)) for column in zip(*recent, strict=True))
        row = {
            "step": self.step, "seen": self.seen, "minutes": round(self.spent / 60, 2),
            "size": size, "loss": round(loss, 5), "high": round(high, 5),
            "norm": round(norm, 3), "rate": round(self.rate(), 7), "speed": round(speed, 1),
        }  # fmt: skip
        self.log.append(row)
        if self.rank == 0:
            print(json.dumps(row), flush=True)

    def save(self) -> None:
        """Everything to go on from; weights as safetensors, optimiser by torch, never unpickled."""
        if self.rank:
            return
        average = {k: v.contiguous() for k, v in self.average.items()}
        current = {k: v.contiguous().clone() for k, v in self.networks.state_dict().items()}
        save_file(average, self.run / "average.new")
        save_file(current, self.run / "current.new")
        states = [optimiser.state_dict() for optimiser in self.optimisers]
        torch.save(states, self.run / "optimiser.new")
        state = {"step": self.step, "seen": self.seen, "spent": self.spent, "log": self.log}
        state["seed"] = self.plan.seed
        (self.run / "state.new").write_text(json.dumps(state), encoding="utf-8")
        for name in ("average.safetensors", "current.safetensors", "optimiser.pt", "state.json"):
            (self.run / f"{name.split('.')[0]}.new").replace(self.run / name)

    def _load(self) -> None:
        if not (self.run / "state.json").exists():
            return
        self.networks.load_state_dict(load_file(self.run / "current.safetensors"))
        self.average = {
            k: v.to(self.device) for k, v in load_file(self.run / "average.safetensors").items()
        }
        saved = torch.load(self.run / "optimiser.pt", weights_only=True)
        for optimiser, entry in zip(self.optimisers, saved, strict=True):
            optimiser.load_state_dict(entry)
        state = json.loads((self.run / "state.json").read_text(encoding="utf-8"))
        self.step, self.seen, self.spent = state["step"], state["seen"], state["spent"]
        self.log = state["log"]


def load_exported(networks: Networks, folder: Path) -> None:
    """Take over the weights of an exported model of the same shape."""
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", torch_dtype=torch.float32)
    text = T5EncoderModel.from_pretrained(folder / "text_encoder", dtype=torch.float32)
    networks.unet.load_state_dict(unet.state_dict())
    networks.text_encoder.load_state_dict(text.state_dict())


def work(rank: int, plan: Plan, data: Path, run: Path) -> None:
    """One process of the training."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if plan.processes > 1:
        torch.set_num_threads(1)
        meeting = f"file://{(run / 'meeting').resolve()}"
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=plan.processes)
    Trainer(plan, data, run, device, rank).train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=85)
    parser.add_argument("--small-share", type=float, default=0.5, help="share of the time at 32 px")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch-small", type=int, default=64)
    parser.add_argument("--batch-full", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    cores = 1 if torch.cuda.is_available() else min(os.cpu_count() or 1, 4)
    parser.add_argument("--processes", type=int, default=cores)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--run", type=Path, default=RUN)
    parser.add_argument("--start", type=Path, help="an exported model whose weights to begin with")
    parser.add_argument(
        "--twice", nargs="*", default=[], choices=list(CONCEPTS), metavar="SUBJECT",
        help="subjects to draw twice as often: new ones, and those that come out worst",
    )  # fmt: skip
    options = parser.parse_args()
    if not (options.data / "images.npy").exists():
        make_set(27000, options.seed, options.data)
    options.run.mkdir(parents=True, exist_ok=True)
    (options.run / "meeting").unlink(missing_ok=True)
    if options.start and not (options.run / "tokenizer").exists():
        # The text encoder's weights mean these tokens and no others.
        shutil.copytree(options.start / "tokenizer", options.run / "tokenizer")
    if not (options.run / "tokenizer").exists():
        captions = json.loads((options.data / "captions.json").read_text(encoding="utf-8"))
        tokens.save(tokens.train_tokenizer(captions), options.run / "tokenizer")
    plan = Plan(
        options.minutes, options.small_share, options.rate, options.batch_small,
        options.batch_full, options.seed, options.compile, options.processes,
        options.start, options.twice,
    )  # fmt: skip
    arguments = (plan, options.data, options.run)
    torch.multiprocessing.spawn(work, arguments, nprocs=options.processes)


if __name__ == "__main__":
    main()
