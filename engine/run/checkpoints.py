"""A run saved on the way, so that an interruption costs seconds. Imports torch."""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .. import __version__
from ..contract.errors import Remedy, ZoomStackError
from ..method.sampler import SamplerState

INTERVAL = 1.0  # seconds between two savings, at least
MAX_SHARE = 0.05  # of the time may go into savings
FORMAT = "zoom_stack_state_2"


@dataclass(frozen=True)
class Checkpoint:
    """A saved run.

    Attributes:
        state: the sampler's.
        seconds: spent on the run so far.
        small: (N, C, h, w) the levels of the first stage, where the second one is under way.
    """

    state: SamplerState
    seconds: float
    small: torch.Tensor | None = None


_WORDS = {
    "job": "the job",
    "revision": "the model",
    "upscaler": "the upscaler",
    "given": "a picture that a level keeps or is pinned to",
    "engine": "the version of the engine",
}


class Checkpoints:
    """Saves and loads one run.

    Args:
        file: where; written under a temporary name, then renamed.
        run: what decides the numbers besides the state (job, model revision); a saved run of
            anything else is refused.
    """

    def __init__(self, file: Path, run: dict[str, Any]) -> None:
        self.file = file
        self._run = json.dumps(run | {"engine": __version__}, sort_keys=True)
        self._next = 0.0
        self._saved: tuple[bool, int] | None = None

    def due(self) -> bool:
        return time.monotonic() >= self._next

    def save(self, run: Checkpoint) -> None:
        """Save a state, unless it is the last one saved."""
        state = run.state
        if (run.small is not None, state.step) == self._saved:
            return
        started = time.monotonic()
        tensors = {"z": state.z.contiguous().cpu()}
        if run.small is not None:
            tensors["small"] = run.small.contiguous().cpu()
        if state.previous_x is not None:
            tensors["previous_x"] = state.previous_x.contiguous().cpu()
        if state.carried is not None:
            tensors["carried"] = state.carried.contiguous().cpu()
        notes = {"step": str(state.step), "seconds": f"{run.seconds:.3f}"}
        temporary = self.file.with_name(f".{self.file.name}.{os.getpid()}.tmp")
        try:
            save_file(tensors, temporary, {"format": FORMAT, "run": self._run, **notes})
            temporary.replace(self.file)
        except SafetensorError as error:  # also stands for errors of the disk
            raise ZoomStackError(
                "unwritable", f"{self.file} cannot be written: {error}.", "Free some space."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        self._saved = (run.small is not None, state.step)
        now = time.monotonic()
        self._next = now + max(INTERVAL, (now - started) / MAX_SHARE)

    def load(self) -> Checkpoint | None:
        """The saved run; None when there is none.

        Raises:
            ZoomStackError: codes ``bad_state``, ``other_job``.
        """
        if not self.file.exists():
            return None
        try:
            with safe_open(self.file, framework="pt") as saved:
                notes = saved.metadata() or {}
                tensors = {name: saved.get_tensor(name) for name in saved.keys()}  # noqa: SIM118 - no mapping
            state = SamplerState(
                int(notes["step"]),
                tensors["z"],
                tensors.get("previous_x"),
                tensors.get("carried"),
            )
            checkpoint = Checkpoint(state, float(notes["seconds"]), tensors.get("small"))
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise ZoomStackError(
                "bad_state",
                f"The saved run {self.file} cannot be read.",
                "Start the run anew.",
                Remedy.START_ANEW,
            ) from error
        if notes.get("run") != self._run:
            raise ZoomStackError(
                "other_job",
                f"Since the saved run began, {self._changed(notes.get('run', ''))} changed.",
                "Start the run anew.",
                Remedy.START_ANEW,
            )
        return checkpoint

    def _changed(self, begun: str) -> str:
        """What differs from the run that was saved, in words."""
        try:
            before, now = json.loads(begun), json.loads(self._run)
            names = [_WORDS[name] for name in _WORDS if before[name] != now[name]]
        except (ValueError, KeyError, TypeError):  # saved by another version, or damaged
            names = []
        if not names:
            return "the job, the model or the engine has"
        return f"{' and '.join(names)} {'have' if len(names) > 1 else 'has'}"
