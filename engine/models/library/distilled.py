"""Which models were distilled to a few steps: their names say so, hardly anything else does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

# "dreamshaperXL_v21TurboDPMSDE" is dreamshaper, XL, v, 21, Turbo, DPMSDE.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ALWAYS = frozenset({"turbo", "lightning", "lcm", "schnell", "dmd", "tcd", "distilled"})
# "Hyper-SD", "hyper 8 steps", but not "hyperrealism".
_AFTER_HYPER = frozenset({"", "sd", "sdxl", "xl", "flux", "cfg", "step", "steps", "lora"})
_MOST_STEPS = 16


def is_distilled(names: Iterable[str]) -> bool:
    """Whether any of these names or titles is that of a few-step model."""
    return any(_says_so(name) for name in names)


def _says_so(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if _ALWAYS.intersection(words):
        return True
    for word, after in pairwise([*words, ""]):
        if word == "hyper" and (after in _AFTER_HYPER or after.isdigit()):
            return True
        if word.isdigit() and after in ("step", "steps") and int(word[:4]) <= _MOST_STEPS:
            return True
    return False
