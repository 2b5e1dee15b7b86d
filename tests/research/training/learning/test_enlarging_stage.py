"""Stage II is trained, and goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from research.training.drawing.images import CAPTIONS
from research.training.learning import second_stage
from research.training.learning.second_stage import BATCH, HELD_OUT, SecondStage
from research.training.learning.trainer import Schedule


def train(data: Path, run: Path, seconds: float) -> SecondStage:
    run.mkdir(exist_ok=True)
    schedule = Schedule(seconds / 60, 1e-3, 1, 1)
    trainer = SecondStage(2, 32, data, schedule, run, torch.device("cpu"), 0)
    trainer.train()
    return trainer


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", rng.integers(0, 256, (HELD_OUT + 8, 64, 64, 3), np.uint8))
    first = train(tmp_path, tmp_path / "run", 0.3)
    second = train(tmp_path, tmp_path / "run", 0.6)
    assert second.step > first.step >= 1
    assert second.seen == 2 * second.step
    assert 0.3 <= first.spent <= second.spent
    assert second.spent >= 0.6


def test_the_last_pictures_are_held_out(tmp_path: Path) -> None:
    images = np.zeros((HELD_OUT + 4, 64, 64, 3), np.uint8)
    images[4:] = 255
    np.save(tmp_path / "images.npy", images)
    schedule = Schedule(0.0, 1e-3, 1, 1)
    stage = SecondStage(4, 32, tmp_path, schedule, tmp_path, torch.device("cpu"), 0)
    pictures, _ = stage.crops()
    assert (pictures == -1).all()


def test_bad_input_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["second_stage", "--data", str(tmp_path)])
    with pytest.raises(SystemExit):
        second_stage.main()
    assert "no set there" in capsys.readouterr().err
    few = [""] * (HELD_OUT + BATCH - 1)
    (tmp_path / CAPTIONS).write_text(json.dumps(few), encoding="utf-8")
    with pytest.raises(SystemExit):
        second_stage.main()
    assert f"a set needs {HELD_OUT + BATCH} pictures" in capsys.readouterr().err
