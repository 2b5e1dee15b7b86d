"""Opens what a job's "upscaler" names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..contract.errors import ZoomStackError
from ..contract.job import AUTOMATIC, LANCZOS, REAL_ESRGAN, REAL_ESRGAN_QUICK, THEN
from ..contract.picture_size import default_size
from . import real_esrgan
from .ncnn_network import CARD, PROCESSOR
from .registry import find_model, load
from .sizes import enlargement
from .upscaler_names import REAL_ESRGANS, parts_of
from .upscaling import Lanczos, Upscaler, is_little

if TYPE_CHECKING:
    import torch

    from .protocol import Model, SuperResolution


@dataclass(frozen=True)
class Enlargement:
    """How the pictures come from the size of the first stage to that of the job.

    Attributes:
        stage: samples all levels together once more, larger; None without a second stage.
        upscaler: enlarges each picture by itself, for what is still missing.
    """

    stage: SuperResolution | None
    upscaler: Upscaler

    def describe(self, before: tuple[int, int], after: tuple[int, int]) -> dict[str, str] | None:
        """What invented detail, for ``stack.json``; None for interpolation.

        Args:
            before: (width, height) of the last pictures that were sampled.
            after: of the pictures that were written.

        Returns:
            Names and revisions, joined where there are two, and the device where the last of them
            has one of its own.
        """
        used: list[SuperResolution | Upscaler] = [] if self.stage is None else [self.stage]
        device = ""
        if self.upscaler.invents(before, after):
            used.append(self.upscaler)
            device = self.upscaler.device
        if not used:
            return None
        return {
            "name": THEN.join(each.name for each in used),
            "revision": THEN.join(each.revision for each in used),
            **({"device": device} if device else {}),
        }


class Upscalers:
    """Opens what a job's "upscaler" names.

    Args:
        places: the user's model folders.
        device: what the model computes on.
        may_use_card: whether a graphics card may be used besides, by what can.
        note: told, in a sentence, of what went otherwise than asked for.
    """

    def __init__(
        self,
        places: Sequence[Path],
        device: torch.device,
        may_use_card: bool,
        note: Callable[[str], None],
    ) -> None:
        self._places = places
        self._device = device
        self._may_use_card = may_use_card
        self._note = note

    def open(self, name: str, model: Model, size: tuple[int, int] | None) -> Enlargement:
        """Load what enlarges the pictures of a first stage.

        Args:
            name: as in a job's ``"upscaler"``.
            model: the first stage.
            size: (width, height) of the pictures, None where the job leaves it to the model.

        Raises:
            ZoomStackError: codes ``no_model``, ``bad_model``, ``no_upscaler``.
        """
        if name == AUTOMATIC:
            return self._automatic(model, size)
        before, after = parts_of(name, self._places)
        stage = None
        if before:
            stage = load(find_model(before, self._places, enlarges=True), before, self._device)
        return Enlargement(stage, self.single(after))

    def single(self, name: str) -> Upscaler:
        """Load one that enlarges each picture by itself; "automatic" is the best at hand.

        Raises:
            ZoomStackError: codes ``no_model``, ``bad_model``, ``no_upscaler``.
        """
        if name == AUTOMATIC:
            return self._best_at_hand()
        if name == LANCZOS:
            return Lanczos()
        if name in REAL_ESRGANS:
            where = CARD if self._may_use_card else PROCESSOR
            return real_esrgan.RealESRGAN(name, where, self._note)
        upscaler: Upscaler = load(find_model(name, self._places, enlarges=True), name, self._device)
        return upscaler

    def _automatic(self, model: Model, size: tuple[int, int] | None) -> Enlargement:
        reached = model.sample_size(1.0 if size is None else size[0] / size[1])
        enough = size is not None and max(size) <= max(reached)
        stage = None
        times = 1
        if model.second_stage is not None and not enough:
            entry = find_model(model.second_stage, self._places, enlarges=True)
            stage = load(entry, model.second_stage, self._device)
            times = enlargement(model.name, model.native_size[0], stage.name, stage.native_size[0])
        wanted = size or default_size(model.native_size, times)
        if is_little((reached[0] * times, reached[1] * times), wanted):
            return Enlargement(stage, Lanczos())
        return Enlargement(stage, self._best_at_hand())

    def _best_at_hand(self) -> Upscaler:
        try:
            quick = self.single(REAL_ESRGAN_QUICK)
            # A processor takes seconds for each picture with the large network.
            if self._device.type == "cpu" or quick.device == PROCESSOR:
                return quick
            return self.single(REAL_ESRGAN)
        except ZoomStackError as error:
            if error.code != "no_upscaler":
                raise
            self._note(f"The pictures are enlarged plainly, not sharply. {error}")
            return Lanczos()
