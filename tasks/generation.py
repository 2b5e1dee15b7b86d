"""One press of Generate: from a job to the zoom in the scene."""

from __future__ import annotations

from pathlib import Path

from ..engine.client.connection import Client
from ..engine.contract.job import Job
from ..engine.contract.vocabulary import UNKNOWN_WORDS
from ..settings.models import vocabulary_of
from .picture_run import Destination, PictureRun


class Generation(PictureRun):
    """A job that runs in the engine, and whose result is then delivered.

    Args:
        client, out, delivery: see ``PictureRun``.
        device: as in a request.
        resume: go on with an unfinished run of the same job.

    Attributes:
        job: as given.
    """

    def __init__(
        self,
        client: Client,
        job: Job,
        out: Path,
        device: str,
        delivery: Destination,
        resume: bool = False,
    ) -> None:
        self.job = job
        request = {
            "type": "generate",
            "job": job.to_dict(),
            "out": str(out),
            "resume": resume,
            "device": device,
        }
        super().__init__(client, request, out, len(job.levels), delivery)
        if vocabulary_of(job.model) is not None:
            # The list of levels has it beside each prompt.
            self.told_elsewhere.add(UNKNOWN_WORDS)
