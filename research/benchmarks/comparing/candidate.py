"""The bundled model, or another training of it, with the settings that are shipped."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.contract.job import BUNDLED
from engine.models import deepfloyd_if
from engine.models.registry import BUNDLED_FOLDERS
from engine.models.revision import revision_of


def open_stage_one(folder: Path | None = None) -> deepfloyd_if.DeepFloydIF:
    """Stage I, on the CPU.

    Opened under its own name a training's folder would get another family's guidance and context,
    and could not be compared.

    Args:
        folder: as ``research.training.learning.export`` writes it; None is the bundled model's.

    Raises:
        ZoomStackError: code ``bad_model``.
    """
    folder = folder or BUNDLED_FOLDERS[BUNDLED]
    return deepfloyd_if.load(folder, BUNDLED, revision_of(folder, "unet"), torch.device("cpu"))
