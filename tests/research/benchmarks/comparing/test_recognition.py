"""The judge, and the nested pictures that it learns from."""

from __future__ import annotations

import numpy as np
import torch

from research.benchmarks.comparing import recognition
from research.benchmarks.comparing.recognition import nested
from tests.research.benchmarks.analytic import big_pictures


def test_nested_pictures_keep_what_is_between_border_and_middle():
    pictures = big_pictures(20, 64)
    made = nested(pictures, np.random.default_rng(0))
    assert torch.equal(made[..., 8:16, 8:56], pictures[..., 8:16, 8:56])
    at_border = [
        bool((a[:, 0] - b[:, 0]).abs().max() > 0.05) for a, b in zip(made, pictures, strict=True)
    ]
    assert 4 < sum(at_border) < 16
    assert not torch.allclose(made[..., 28:36, 28:36], pictures[..., 28:36, 28:36], atol=0.01)


def test_the_judge_is_made_once(tmp_path, monkeypatch):
    first = recognition.judge(tmp_path, pictures=30, steps=2)
    monkeypatch.setattr(recognition, "make_set", None)
    again = recognition.judge(tmp_path, pictures=30, steps=2)
    pictures = big_pictures(4, 64)
    assert first.names(pictures) == again.names(pictures)
    assert [path.name.startswith("judge_") for path in tmp_path.iterdir()] == [True]
