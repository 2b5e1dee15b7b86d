"""Engine tests run in plain Python, without Blender."""

from __future__ import annotations

import importlib.util

# The tensors are small: a second thread costs more than it gives, most of all on a busy machine.
if importlib.util.find_spec("torch"):
    import torch

    torch.set_num_threads(1)
