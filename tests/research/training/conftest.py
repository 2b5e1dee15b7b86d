"""What several tests of the training read and none changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from research.training.drawing.images import make_set
from research.training.learning.first_stage import begin_run


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of stage I, two pictures a subject."""
    folder = tmp_path_factory.mktemp("drawn")
    make_set(60, 1, folder, processes=1)
    return folder


@pytest.fixture
def run(drawn: Path, tmp_path: Path) -> Path:
    """The folder of a run that is to be trained on that set."""
    begin_run(tmp_path / "run", drawn, None)
    return tmp_path / "run"
