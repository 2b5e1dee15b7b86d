"""Measures of the bundled model, where the answer is known."""

from __future__ import annotations

import numpy as np

from research.training.judging.measure import HUES, mean_hue


def test_hues_are_told_from_pictures() -> None:
    for word, colour in {"red": (1, 0, 0), "yellow": (1, 0.9, 0), "blue": (0.1, 0.4, 0.9)}.items():
        picture = np.broadcast_to(np.asarray(colour, np.float32), (1, 4, 4, 3))
        assert abs((mean_hue(picture) - HUES[word] + 180) % 360 - 180) < 8
