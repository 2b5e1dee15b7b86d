"""The example of a model of one's own."""

from __future__ import annotations

import textwrap
from typing import Any

import torch

from engine.method import denoiser


def test_the_example_runs_as_it_stands() -> None:
    assert denoiser.__doc__ is not None
    code = textwrap.dedent(denoiser.__doc__.partition("::\n")[2])
    names: dict[str, Any] = {}
    exec(compile(code, "the example", "exec"), names)
    assert names["levels"].shape == (2, 3, 64, 64)
    assert bool(torch.isfinite(names["levels"]).all())
