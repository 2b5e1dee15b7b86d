"""A run saved on the way, so that an interruption costs seconds. Imports torch."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .. import __version__
from ..contract.errors import Remedy, ZoomStackError
from ..method.sampler import SamplerState
from .state_file import DamagedState, OtherFormat, read_state, write_state

_LONGEST = 1e9  # seconds of a run
LONG_STEP = 1.0  # seconds; nobody who cancels has to wait for such a step, or loses one
INTERVAL = 1.0  # seconds between two savings of shorter steps, at least
MAX_SHARE = 0.05  # of the time may go into these


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


def _is_possible(found: Checkpoint) -> bool:
    """Whether the parts are of one kind; a checksum says nothing of who has made it."""
    state = found.state
    given = [state.z, state.previous_x, state.carried, found.small]
    tensors = [each for each in given if each is not None]
    alike = all(each.dim() == 4 and each.shape[0] == state.z.shape[0] for each in tensors)
    numbers = state.step >= 1 and 0.0 <= found.seconds < _LONGEST
    kinds = all(each.is_floating_point() for each in tensors)
    return alike and numbers and kinds


class Checkpoints:
    """Saves and loads one run.

    Args:
        file: where; written under a temporary name, then renamed.
        run: what decides the numbers besides the state (job, model revision); a saved run of
            anything else is refused.
        most: bytes that a state can have; a larger file is none.
    """

    def __init__(self, file: Path, run: dict[str, Any], most: int) -> None:
        self.file = file
        self._most = most
        self._run = json.dumps(run | {"engine": __version__}, sort_keys=True)
        self._next = 0.0
        self._saved: tuple[bool, int] | None = None

    def due(self, seconds: float) -> bool:
        """Whether to save a state: after a long step always, else now and then.

        Args:
            seconds: that the step took, without what is written after it.
        """
        return seconds > LONG_STEP or time.monotonic() >= self._next

    def save(self, run: Checkpoint) -> None:
        """Save a state, unless it is the last one saved; it outlasts a power cut.

        Raises:
            ZoomStackError: codes ``disk_full``, ``unwritable``; the state saved before stays.
        """
        state = run.state
        if (run.small is not None, state.step) == self._saved:
            return
        started = time.monotonic()
        tensors = {"z": state.z, "small": run.small}
        tensors |= {"previous_x": state.previous_x, "carried": state.carried}
        notes = {"run": self._run, "step": str(state.step), "seconds": f"{run.seconds:.3f}"}
        try:
            write_state(self.file, {k: t for k, t in tensors.items() if t is not None}, notes)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise ZoomStackError(
                "disk_full" if full else "unwritable",
                f"{self.file} cannot be written: {error.strerror or error}.",
                "Free some space, then go on with the run."
                if full
                else "Put its folder back, or make it writable, then go on with the run.",
                Remedy.GO_ON,
            ) from error
        self._saved = (run.small is not None, state.step)
        now = time.monotonic()
        self._next = now + max(INTERVAL, (now - started) / MAX_SHARE)

    def load(self) -> Checkpoint | None:
        """The saved run; None when there is none.

        Raises:
            ZoomStackError: codes ``bad_state``, ``other_job``.
        """
        if not os.path.lexists(self.file):
            return None
        try:
            notes, tensors = read_state(self.file, self._most)
        except OtherFormat:
            raise self._other_job("the version of the engine has") from None
        except DamagedState as error:
            raise self._bad_state() from error
        if notes.get("run") != self._run:
            raise self._other_job(self._changed(notes.get("run", "")))
        try:
            state = SamplerState(
                int(notes["step"]),
                tensors["z"],
                tensors.get("previous_x"),
                tensors.get("carried"),
            )
            found = Checkpoint(state, float(notes["seconds"]), tensors.get("small"))
        except (KeyError, ValueError) as error:
            raise self._bad_state() from error
        if not _is_possible(found):
            raise self._bad_state()
        return found

    def _bad_state(self) -> ZoomStackError:
        return ZoomStackError(
            "bad_state",
            f"The saved run {self.file} cannot be read: it is damaged, or no file of Zoom Stack's.",
            "Start the run anew.",
            Remedy.START_ANEW,
        )

    def _other_job(self, changed: str) -> ZoomStackError:
        return ZoomStackError(
            "other_job",
            f"Since the saved run began, {changed} changed.",
            "Start the run anew.",
            Remedy.START_ANEW,
        )

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
