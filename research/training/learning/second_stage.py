"""Trains stage II of the bundled model: pictures of 64 px enlarged to 256.

python -m research.training.drawing.images --count 3000 --size 256 --out .dev/training/large
python -m research.training.learning.second_stage --minutes 25
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ..drawing.images import DATA, NO_SET, captions_of, is_made
from . import model
from .trainer import CORES, Losses, Schedule, Trainer, noised, train_in_processes, weighted

DATA_SECOND = DATA / "large"
RUN_SECOND = DATA / "run_second"

AUGMENTATION = 500
"""Highest noise level of the small picture, of 1,000 (Ho et al. 2022). Stage I's own pictures are
mottled where the drawn ones are clean; under noise the two look alike."""

HELD_OUT = 240
"""The last pictures of a set, never trained on."""

BATCH = 16


def enlarged(pictures: torch.Tensor) -> torch.Tensor:
    """What stage II is given for pictures (n, 3, 256, 256): reduced four times, enlarged again."""
    small = functional.avg_pool2d(pictures, 4)
    # As in diffusers' IFSuperResolutionPipeline.
    return functional.interpolate(small, pictures.shape[-2:], mode="bilinear", align_corners=True)


class SecondStage(Trainer):
    """Crops of large pictures from what is left of them at a quarter of the size."""

    def __init__(
        self,
        batch: int,
        crop: int,
        data: Path,
        schedule: Schedule,
        run: Path,
        device: torch.device,
        rank: int,
    ) -> None:
        self.count, self.crop = batch // schedule.processes, crop
        images = torch.from_numpy(np.load(data / "images.npy", mmap_mode="c"))
        self.images = images.to(device)  # on a GPU all of them in its memory
        torch.manual_seed(schedule.seed)
        super().__init__(model.build_second_unet(), schedule, run, device, rank)
        self.abar = model.build_scheduler().alphas_cumprod.to(device)

    def crops(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Large pictures and the same enlarged, both (count, 3, crop, crop) in -1..1."""
        trained_on = len(self.images) - HELD_OUT
        chosen = np.sort(self.order.choice(trained_on, self.count, replace=False))
        pictures = self.images[torch.from_numpy(chosen).to(self.device)]
        pictures = pictures.permute(0, 3, 1, 2).float() / 127.5 - 1
        both = torch.cat([pictures, enlarged(pictures)], dim=1)
        top, left = self.order.integers(0, both.shape[-1] - self.crop + 1, 2)
        both = both[..., top : top + self.crop, left : left + self.crop]
        if self.order.random() < 0.5:
            both = both.flip(3)
        if self.order.random() < 0.5:
            both = both.flip(2)
        x0, small = both.chunk(2, dim=1)
        return x0, small

    def losses(self) -> Losses:
        x0, small = self.crops()
        levels = torch.randint(0, AUGMENTATION + 1, (len(x0),), device=self.device)
        abar = self.abar[levels][:, None, None, None]
        small = abar.sqrt() * small + (1 - abar).sqrt() * torch.randn_like(small)
        timesteps = draw_timesteps(self.table, len(x0))
        z, target = noised(self.table, x0, timesteps)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            v = self.networks(
                torch.cat([z, small], dim=1),
                timesteps,
                encoder_hidden_states=None,
                class_labels=levels,
            ).sample[:, :3]
        return weighted(self.table, v, target, timesteps)


def draw_timesteps(table: torch.Tensor, count: int) -> torch.Tensor:
    """Half uniform in 0..999, half uniform in log sigma from 0.05 to 3, where detail appears."""
    part, chosen, uniform = torch.rand(3, count, device=table.device)
    sigma = 0.05 * (3.0 / 0.05) ** part
    return torch.where(chosen < 0.5, model.timestep_at(table, sigma), uniform * 999)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.training.learning.second_stage",
        description=__doc__.splitlines()[0],
    )
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=CORES)
    parser.add_argument("--data", type=Path, default=DATA_SECOND)
    parser.add_argument("--run", type=Path, default=RUN_SECOND)
    options = parser.parse_args()
    if not is_made(options.data):
        parser.error(f"--data {options.data}: {NO_SET}")
    if len(captions_of(options.data)) < HELD_OUT + options.batch:
        parser.error(
            f"--data {options.data}: a set needs {HELD_OUT + options.batch} pictures or more, "
            f"{HELD_OUT} to be held out and a batch to train on"
        )
    schedule = Schedule(options.minutes, options.rate, options.seed, options.processes)
    begin = functools.partial(
        SecondStage, options.batch, options.crop, options.data, schedule, options.run
    )
    train_in_processes(begin, options.processes, options.run)


if __name__ == "__main__":
    main()
