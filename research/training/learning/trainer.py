"""The loop that both stages' training shares: optimisers, average, clock, checkpoints.

Every quantity that changes in the course of training (learning rate, picture size) follows the
training time spent, not the step count: a slow or busy machine still ends with a small learning
rate. After an interruption the same command goes on from the last checkpoint.

On CPU there is one process a core, and they average their weights every few steps. Two threads in
one process would meet after every operation, and on a busy machine mostly wait for each other.
"""

from __future__ import annotations

import json
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from safetensors.torch import load_file, save_file
from torch.multiprocessing.spawn import spawn

from . import model
from .optimiser import build_optimisers, set_rate

SHARE_EVERY = 6
"""Steps between two averages of the processes' weights."""

CORES = 1 if torch.cuda.is_available() else min(os.cpu_count() or 1, 4)


@dataclass(frozen=True)
class Schedule:
    """How long to train, how fast, in how many processes.

    Attributes:
        minutes: training time, interruptions not counted.
        rate: the highest learning rate.
    """

    minutes: float
    rate: float
    seed: int
    processes: int


@dataclass(frozen=True)
class Losses:
    """What one batch says.

    Attributes:
        loss: weighted mean, a scalar with a gradient.
        error: squared errors of v (n,).
        timesteps: (n,), 0..999.
        size: the pictures' width in pixels.
    """

    loss: torch.Tensor
    error: torch.Tensor
    timesteps: torch.Tensor
    size: int


def noised(
    table: torch.Tensor, x0: torch.Tensor, timesteps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Noisy pictures z and the v to predict, both like x0 (n, 3, h, w)."""
    sigma = model.sigma_at(table, timesteps)
    a = (1 / torch.sqrt(1 + sigma**2))[:, None, None, None]
    s = sigma[:, None, None, None] * a
    noise = torch.randn_like(x0)
    return a * x0 + s * noise, a * noise - s * x0


def weighted(
    table: torch.Tensor, v: torch.Tensor, target: torch.Tensor, timesteps: torch.Tensor
) -> Losses:
    """Squared errors of v, weighted by the noise level.

    Weights: min-SNR with gamma 5 (Hang et al. 2023) on the low-noise side. Its fall-off towards
    high noise is left out: the grid starts at sigma 80, and there v is nearly -x0, whose mean
    colour and layout steer everything after.
    """
    sigma = model.sigma_at(table, timesteps)
    error = ((v.float() - target) ** 2).mean(dim=(1, 2, 3))
    weight = torch.clamp(6.0 / (1 + sigma**-2), max=1.0)
    return Losses((weight * error).mean(), error.detach(), timesteps, v.shape[-1])


class Trainer(ABC):
    """Networks, average, optimisers and the clock; a stage says what one batch's loss is."""

    def __init__(
        self,
        networks: torch.nn.Module,
        schedule: Schedule,
        run: Path,
        device: torch.device,
        rank: int = 0,
    ) -> None:
        self.plan, self.run, self.device, self.rank = schedule, run, device, rank
        self.table = model.log_sigmas(model.build_scheduler()).to(device)
        # Half-precision convolutions of a GPU are fastest with the channels last.
        order = torch.channels_last if device.type == "cuda" else torch.preserve_format
        # torch's own annotations of `to` do not know this argument.
        self.networks: torch.nn.Module = networks.to(device, memory_format=order)  # type: ignore[call-overload]
        self.average = {k: v.detach().clone() for k, v in self.networks.state_dict().items()}
        self.optimisers = build_optimisers(self.networks, schedule.rate)
        self.step, self.seen, self.spent = 0, 0, 0.0
        self.log: list[dict[str, float]] = []
        self._load()
        torch.manual_seed((schedule.seed + self.step) * 64 + rank)
        self.order = np.random.default_rng((schedule.seed, self.step, rank))

    @abstractmethod
    def losses(self) -> Losses:
        """The next batch, through the networks."""

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
        recent: list[tuple[torch.Tensor, ...]] = []
        while self.spent < self.plan.minutes * 60:
            set_rate(self.optimisers, self.rate())
            for optimiser in self.optimisers:
                optimiser.zero_grad(set_to_none=True)
            done = self.losses()
            torch.autograd.backward(done.loss)
            norm = torch.nn.utils.clip_grad_norm_(self.networks.parameters(), 1.0)
            for optimiser in self.optimisers:
                optimiser.step()
            self._share(time.monotonic() - started + before)
            if self.rank == 0:
                self._average()
            self.step, self.seen = self.step + 1, self.seen + len(done.error) * self.plan.processes
            high = torch.where(done.timesteps > 700, done.error, math.nan).nanmean()
            # Numbers are fetched when they are reported: a GPU does not wait for each of them.
            recent.append((done.loss.detach(), high, norm))
            if self.step % 50 == 0:
                now = time.monotonic()
                speed = 50 * len(done.error) * self.plan.processes / (now - last)
                self._report(recent, done.size, speed)
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
        clock = clock * self.plan.processes if self.rank == 0 else 0.0
        time_spent = torch.tensor([clock], device=self.device)
        flat = torch.cat([w.reshape(-1) for w in weights] + [time_spent])
        dist.all_reduce(flat)
        flat /= self.plan.processes
        parts = torch.split(flat[:-1], [w.numel() for w in weights])
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

    def _report(self, recent: list[tuple[torch.Tensor, ...]], size: int, speed: float) -> None:
        loss, high, norm = (
            float(torch.stack(column).nanmean()) for column in zip(*recent, strict=True)
        )
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
        saved = torch.load(self.run / "optimiser.pt", map_location="cpu", weights_only=True)
        for optimiser, entry in zip(self.optimisers, saved, strict=True):
            optimiser.load_state_dict(entry)
        state = json.loads((self.run / "state.json").read_text(encoding="utf-8"))
        self.step, self.seen, self.spent = state["step"], state["seen"], state["spent"]
        self.log = state["log"]


def train_in_processes(
    begin: Callable[[torch.device, int], Trainer], processes: int, run: Path
) -> None:
    """`begin` makes the trainer of one process (device, rank); it must be picklable."""
    run.mkdir(parents=True, exist_ok=True)
    (run / "meeting").unlink(missing_ok=True)
    # torch does not annotate it.
    spawn(_work, (begin, processes, run), nprocs=processes)  # type: ignore[no-untyped-call]


def _work(
    rank: int, begin: Callable[[torch.device, int], Trainer], processes: int, run: Path
) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    if processes > 1:
        torch.set_num_threads(1)
        meeting = f"file://{(run / 'meeting').resolve()}"
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=processes)
    begin(device, rank).train()
