"""torch with one thread: the tests' tensors are small, a second one costs more than it gives."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("torch"):
    import torch

    torch.set_num_threads(1)
