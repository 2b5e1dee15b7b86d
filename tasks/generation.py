"""One press of Generate: from the request to the zoom in the scene."""

from __future__ import annotations

import time
from collections.abc import Generator
from enum import Enum
from pathlib import Path

import bpy

from ..blender.timings import note
from ..engine.client.connection import Client
from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import Job
from ..engine.contract.messages import Message
from ..scene.importing import ImportResult
from ..scene.viewing import ViewPlace
from . import delivery, runner
from .thumbnails import Thumbnails

TICK = 0.1
IMPORT_TICK = 0.01


class Phase(Enum):
    WORKING = "Working"
    CANCELLING = "Cancelling"
    WAITING = "Waiting"  # the stack is there, and Blender is busy
    IMPORTING = "Importing"
    OFFERED = "Offered"  # the stack is there, and another file is open
    FINISHED = "Finished"
    CANCELLED = "Cancelled"
    FAILED = "Failed"


class Generation:
    """A job that runs in the engine, then arrives in Blender.

    Attributes:
        stage: what goes on, for people.
        fraction: 0-1 of the sampling.
        eta: seconds left; None while unknown.
        resumable: it ended too early, and the engine can go on from there.
        session: ``arrival.session()`` at the start; it differs once another file is open.
    """

    def __init__(
        self,
        client: Client,
        job: Job,
        out: Path,
        device: str,
        scene: bpy.types.Scene,
        view: ViewPlace | None,
        resume: bool = False,
    ) -> None:
        self.job = job
        self.out = out
        self.resumable = False
        self.phase = Phase.WORKING
        self.stage = "Starting the engine"
        self.fraction = 0.0
        self.eta: float | None = None
        self.eta_at = 0.0
        self.started = time.monotonic()
        self.warnings: list[str] = []
        self.thumbnails = Thumbnails()
        self.session = arrival.session()
        self.result: ImportResult | None = None
        self._view = view
        self._scene = scene.session_uid
        self._steps: Generator[str, None, ImportResult] | None = None
        self._retried = False
        self._error: ZoomStackError | None = None
        self._client = client
        client.request(
            {
                "type": "generate",
                "job": job.to_dict(),
                "out": str(out),
                "resume": resume,
                "device": device,
            }
        )

    def tick(self) -> float | None:
        if self.phase in (Phase.WORKING, Phase.CANCELLING):
            return self._listen()
        if self.phase is Phase.WAITING:
            return self._wait()
        if self.phase is Phase.IMPORTING:
            return self._import()
        return None

    def cancel(self) -> None:
        """Stop as soon as possible, in any phase."""
        if self.phase is Phase.WORKING:
            self.phase = Phase.CANCELLING
            self._client.cancel()
        elif self.phase in (Phase.WAITING, Phase.IMPORTING):
            self._stop_import()
            self.phase = Phase.OFFERED
        jobs.redraw()

    def accept(self, scene: bpy.types.Scene, view: ViewPlace | None) -> None:
        """Import the offered stack into another scene than it was made for."""
        self.session = arrival.session()
        self._scene, self._view = scene.session_uid, view
        self.phase = Phase.WAITING
        jobs.start(self)

    def interrupt_import(self) -> None:
        """Another file is about to be loaded: what is half built would go with this one."""
        if self.phase is Phase.IMPORTING:
            self._stop_import()
            self.phase = Phase.WAITING

    def fail(self, error: ZoomStackError) -> None:
        unfinished = self.phase in (Phase.WORKING, Phase.CANCELLING)
        self._end(Phase.FAILED)
        self._stop_import()
        jobs.board.problem = error
        if unfinished:
            self._tidy()

    def abandon(self) -> None:
        self._end(Phase.CANCELLED)
        self._stop_import()

    def discard(self) -> None:
        """Forget this run; what an unfinished one has made is lost for good."""
        self.thumbnails.close()
        if self.resumable:
            self.resumable = False
            arrival.discard(self.out)

    def _tidy(self) -> None:
        self.resumable = arrival.is_resumable(self.out)
        if not self.resumable:
            arrival.discard(self.out)

    def _listen(self) -> float | None:
        for message in self._client.poll():
            if message["type"] == "done":
                return self._done(message["status"])
            self._hear(message)
            jobs.redraw()
        if self.thumbnails.collect():
            jobs.redraw()
        elif self.eta is not None and time.monotonic() - self.eta_at > 1.0:
            self._count_down()
        return TICK

    def _hear(self, message: Message) -> None:
        kind = message["type"]
        if kind == "stage":
            self.stage = message["text"]
        elif kind == "progress":
            self.fraction = min(1.0, message["step"] / max(1, message["total"]))
            self.eta, self.eta_at = message["eta"], time.monotonic()
            self.stage = f"Step {message['step']} of {message['total']}"
        elif kind == "preview":
            self.thumbnails.show(message["level"], message["file"])
        elif kind == "warning":
            self.warnings.append(message["text"])
        elif kind == "error":
            self._error = ZoomStackError(message["code"], message["text"], message["hint"])
        elif kind == "result":
            self.out = Path(message["folder"])

    def _count_down(self) -> None:
        now = time.monotonic()
        self.eta = max(0.0, (self.eta or 0.0) - (now - self.eta_at))
        self.eta_at = now
        jobs.redraw()

    def _done(self, status: str) -> float | None:
        jobs.redraw()
        if self._error is not None or status == "failed":
            self.fail(self._error or ZoomStackError("failed", "The engine failed without a word."))
            return None
        if status == "cancelled":
            self._end(Phase.CANCELLED)
            self._tidy()
            return None
        self._client.close()
        self.fraction, self.eta = 1.0, None
        self.phase = Phase.WAITING
        return TICK

    def _wait(self) -> float | None:
        if self.session != arrival.session():
            self.phase = Phase.OFFERED
            jobs.redraw()
            return None
        scene = arrival.find_scene(self._scene)
        if scene is None:
            self.phase = Phase.OFFERED
            jobs.redraw()
            return None
        blocker = arrival.blocker()
        if blocker:
            if blocker != self.stage:
                self.stage = blocker
                jobs.redraw()
            return TICK
        self._steps = arrival.start_import(self.out, scene)
        self.phase = Phase.IMPORTING
        return IMPORT_TICK

    def _import(self) -> float | None:
        assert self._steps is not None
        start = time.thread_time()
        try:
            self.stage = next(self._steps)
        except StopIteration as end:
            self._arrive(end.value)
            return None
        except ZoomStackError as error:
            # Undo, or a script, took away what was half built: once more from the start.
            if error.code != "import_interrupted" or self._retried:
                raise
            self._retried = True
            self.phase = Phase.WAITING
        finally:
            note("import step", time.thread_time() - start)
        jobs.redraw()
        return IMPORT_TICK

    def _arrive(self, result: ImportResult) -> None:
        self._steps = None
        self.result = result
        arrival.finish_import(result, self._view, self._scene, self.out)
        self._end(Phase.FINISHED)

    def _stop_import(self) -> None:
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _end(self, phase: Phase) -> None:
        self.phase = phase
        self._client.close()
        # In the list they help to choose which levels to keep.
        self.thumbnails.stop()
        jobs.redraw()
