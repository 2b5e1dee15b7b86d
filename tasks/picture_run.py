"""A run of the engine that ends with a stack, and how it gets into the file."""

from __future__ import annotations

import os
import time
from enum import Enum
from pathlib import Path
from typing import Protocol

import bpy

from ..blender import folders
from ..blender.screen import redraw, redraw_soon
from ..blender.timings import note
from ..engine.client.connection import SILENT_SECONDS, Client
from ..engine.client.process import END_SECONDS
from ..engine.contract import work_folder
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.messages import ALIVE_SECONDS, ENLARGE, REFINE, SAMPLE, Message, error_of
from ..settings.preferences import engine
from .runs import forget_runs
from .thumbnails import Thumbnails

TICK = 0.1
DELIVERY_TICK = 0.01
# What is counted of the stages that sample, for people.
_SAMPLING = {SAMPLE.name: "Drawing: step", REFINE.name: "Refining: step"}
_OF_THE_RUN = {"resumed", "nothing_saved"}  # codes of warnings
_SECOND = 1.0  # between two redraws of the time that is left


class Phase(Enum):
    WORKING = "Working"
    CANCELLING = "Cancelling"
    WAITING = "Waiting"  # the stack is there, and Blender is busy
    IMPORTING = "Importing"
    OFFERED = "Offered"  # the stack is there, and another file is open
    FINISHED = "Finished"
    CANCELLED = "Cancelled"
    FAILED = "Failed"


class Destination(Protocol):
    """Where a run's stack goes.

    Attributes:
        result: what came of it; None until it is there.
        notes: what the artist wants to know of it then.
        in_sight: a window showed the zoom when it got its pictures.
    """

    @property
    def in_sight(self) -> bool: ...

    @property
    def result(self) -> object: ...

    @property
    def notes(self) -> list[str]: ...

    def is_lost(self) -> bool:
        """Whether the place is gone."""
        ...

    def why_lost(self) -> str:
        """The same, for people, after "A zoom is ready; "."""
        ...

    def blocker(self) -> str:
        """Why it has to wait, for people; empty when it need not."""
        ...

    def step(self, folder: Path) -> str:
        """Do one small piece with a stack's folder; says what comes next, "" at the end.

        Raises:
            ZoomStackError: of the stack, or of its place.
        """
        ...

    def stop(self) -> None:
        """Take away what is half done; the next step begins anew."""
        ...


class PictureRun:
    """A request that the engine works on, and whose stack is then delivered.

    Args:
        client: a worker.
        request: what is asked of it.
        out: the stack's folder.
        levels: how many it has.
        delivery: where the stack goes.

    Attributes:
        out, levels, delivery: as given; ``out`` is what the engine says once it has finished.
        engine: what runs it.
        phase: how far it has come.
        stage: what goes on, for people.
        fraction: 0-1 of the stage that takes long.
        eta: seconds left; None while unknown.
        resumable: it ended too early, and the engine can go on from there.
        ending: it was cancelled a moment ago, and the engine may still save its last step.
        error: why it failed, until that is dismissed or something else is pressed.
        warnings: what the engine wants to be known, for people.
        told_elsewhere: codes of warnings that the panels show without them.
        silence: seconds that the engine has not said a word, where one should hear of it; else 0.
        reached: the last step and how many there are, once the pictures are drawn; else None.
        thumbnails: the levels' last previews; they stay while the run can be gone on with.
    """

    def __init__(
        self, client: Client, request: Message, out: Path, levels: int, delivery: Destination
    ) -> None:
        self.out = out
        self.levels = levels
        self.engine = engine()
        self.phase = Phase.WORKING
        self.stage = "Starting the engine"
        self.fraction = 0.0
        self.eta: float | None = None
        self.resumable = False
        self.ending = False
        self.error: ZoomStackError | None = None
        self.warnings: list[str] = []
        self.told_elsewhere: set[str] = set()
        self.silence = 0.0
        self.reached: tuple[int, int] | None = None
        self.thumbnails = Thumbnails()
        self.delivery = delivery
        self._passing: list[str] = []  # warnings that mean nothing once it has finished
        self._eta_at = 0.0
        self._patience = SILENT_SECONDS
        self._stage_name = ""
        self._reported: ZoomStackError | None = None
        self._client = client
        client.request(request)

    def tick(self) -> float | None:
        if self.phase in (Phase.WORKING, Phase.CANCELLING):
            return self._listen()
        if self.phase in (Phase.WAITING, Phase.IMPORTING):
            return self._deliver()
        return None

    def cancel(self) -> None:
        """Stop as soon as possible, in any phase."""
        if self.phase is Phase.WORKING:
            self.phase = Phase.CANCELLING
            self._client.cancel()
        elif self.phase in (Phase.WAITING, Phase.IMPORTING):
            self.delivery.stop()
            self.phase = Phase.OFFERED
        redraw()

    def waits_for_word(self) -> bool:
        """Whether the engine has been silent for longer than it is when all is well."""
        return self._client.silent_seconds() > 2 * ALIVE_SECONDS

    @property
    def log(self) -> Path:
        """What its engine said to standard error."""
        return self._client.launch.log

    def wait(self) -> None:
        """Give a silent engine as long again."""
        self._patience = self._client.silent_seconds() + SILENT_SECONDS
        self.silence = 0.0
        redraw()

    def was_stopped(self) -> bool:
        """Whether the stack is offered because it was stopped on its way, which is still open."""
        return self.phase is Phase.OFFERED and not self.delivery.is_lost()

    def why_offered(self) -> str:
        """Why the stack waits for an answer, for people."""
        if self.was_stopped():
            return "You stopped before the pictures came in."
        return f"A zoom is ready; {self.delivery.why_lost()}."

    def go_on(self) -> None:
        """Let a stack that was stopped on its way go on."""
        self.phase = Phase.WAITING

    def deliver_to(self, delivery: Destination) -> None:
        """Let the offered stack go to another scene than it was made for."""
        self.delivery = delivery
        self.phase = Phase.WAITING

    def interrupt_delivery(self) -> None:
        """Another file is about to be loaded: what is half built would go with this one."""
        if self.phase in (Phase.WAITING, Phase.IMPORTING):
            self.delivery.stop()
            self.phase = Phase.WAITING

    def fail(self, error: ZoomStackError) -> None:
        unfinished = self.phase in (Phase.WORKING, Phase.CANCELLING)
        self._end(Phase.FAILED)
        self.delivery.stop()
        self.error = error
        if unfinished:
            self._tidy()

    def abandon(self) -> None:
        self._end(Phase.CANCELLED)
        self.delivery.stop()

    def forget_notes(self) -> None:
        """What was done was undone: what was said of it is true no more."""
        notes = self.delivery.notes
        self.warnings = [each for each in self.warnings if each not in notes]

    def _tidy(self) -> None:
        self.resumable = bool(work_folder.saved_states(self.out))
        if not self.resumable:
            work_folder.discard(self.out)
            if bpy.app.background or self.phase is Phase.FAILED:
                self.thumbnails.close()

    def _look_again(self) -> None:
        """What a run has left may have changed since it was told to end."""
        self.ending = False
        self.resumable = bool(work_folder.saved_states(self.out))
        if not self.resumable:
            self.thumbnails.close()
        forget_runs()
        redraw()

    def _listen(self) -> float | None:
        for message in self._client.poll():
            if message["type"] == "done":
                return self._finish(message["status"])
            self._take(message)
            redraw_soon()
        self._notice_silence()
        if self.thumbnails.collect():
            redraw_soon()
        elif self.eta is not None and time.monotonic() - self._eta_at > _SECOND:
            self._count_down()
        return TICK

    def _notice_silence(self) -> None:
        silent = self._client.silent_seconds()
        if silent < SILENT_SECONDS:
            self._patience = SILENT_SECONDS
        silence = silent if silent >= self._patience else 0.0
        if int(silence) != int(self.silence):
            redraw_soon()
        self.silence = silence

    def _take(self, message: Message) -> None:
        """Show what a message says; its values are those of the table."""
        kind = message["type"]
        if kind == "stage":
            self.stage, self._stage_name = message["text"], message["name"]
            if self._stage_name == ENLARGE.name:
                self.fraction, self.eta = 0.0, None
        elif kind == "progress":
            self._take_progress(message)
        elif kind == "preview" and message["level"] < self.levels:
            if self._is_in_place(message["file"]):
                self.thumbnails.show(message["level"], message["file"])
        elif kind == "warning" and message.get("code") not in self.told_elsewhere:
            self.warnings.append(message["text"])
            if message.get("code") in _OF_THE_RUN:
                self._passing.append(message["text"])
        elif kind == "error":
            self._reported = error_of(message)
        # "result" names the folder: it is the one that the run was given, whatever it says.

    def _is_in_place(self, file: str) -> bool:
        """Whether a preview lies where those of this run do; nothing else is read."""
        folder = os.path.dirname(os.path.abspath(file))
        own = os.path.abspath(self.out / work_folder.WORK_FOLDER)
        return folder in (own, os.path.abspath(folders.user_path("inbox")))

    def _take_progress(self, message: Message) -> None:
        self.fraction = min(1.0, message["step"] / max(1, message["total"]))
        self.eta, self._eta_at = message["eta"], time.monotonic()
        if self._stage_name == ENLARGE.name:
            self.stage = f"{ENLARGE.text}: {_percent(self.fraction)}"
        else:
            word = _SAMPLING.get(self._stage_name, "Step")
            if self._stage_name == SAMPLE.name:
                self.reached = message["step"], message["total"]
            self.stage = f"{word} {message['step']} of {message['total']}"

    def _count_down(self) -> None:
        now = time.monotonic()
        self.eta = max(0.0, (self.eta or 0.0) - (now - self._eta_at))
        self._eta_at = now
        redraw_soon()

    def _finish(self, status: str) -> float | None:
        """The engine is done."""
        redraw()
        if self._reported is not None or status == "failed":
            self.fail(
                self._reported or ZoomStackError("failed", "The engine failed without a word.")
            )
            return None
        if status == "cancelled":
            self._end(Phase.CANCELLED)
            self._tidy()
            if not bpy.app.background:
                self.ending = not self.resumable
                bpy.app.timers.register(self._look_again, first_interval=END_SECONDS + 0.5)
            return None
        self._client.close()
        forget_runs()
        self.fraction, self.eta = 1.0, None
        self.phase = Phase.WAITING
        return TICK

    def _deliver(self) -> float | None:
        if self.delivery.is_lost():
            self.delivery.stop()
            self.phase = Phase.OFFERED
            redraw_soon()
            return None
        reason = self.delivery.blocker()
        if reason:
            if reason != self.stage:
                self.phase, self.stage = Phase.WAITING, reason
                redraw_soon()
            return TICK
        self.phase = Phase.IMPORTING
        start = time.thread_time()
        try:
            self.stage = self.delivery.step(self.out)
        finally:
            note("import step", time.thread_time() - start)
        redraw_soon()
        if self.delivery.result is None:
            return DELIVERY_TICK
        self.warnings = [each for each in self.warnings if each not in self._passing]
        self.warnings += self.delivery.notes
        self._end(Phase.FINISHED)
        self.thumbnails.close()  # the finished pictures take their place
        return None

    def _end(self, phase: Phase) -> None:
        self.phase = phase
        self._client.close()
        forget_runs()
        self.thumbnails.stop()
        redraw()


def _percent(share: float) -> str:
    """With a digit more while little is done, so that it is seen to move."""
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"
