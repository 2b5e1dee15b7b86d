"""How many levels show what their prompt asks for, sampled together and each alone.

Both kinds of level are judged as they are shown: with the deeper ones inside them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from transformers.utils import logging

from .candidate import open_stage_one
from .chains import CHAINS, preset_chains
from .compare import METHODS, compare
from .recognition import judge

TOGETHER, ALONE = "ours", "independent levels"
# What joint sampling may cost: the share recognised together less that alone.
LEAST_DIFFERENCE = -0.05


@dataclass(frozen=True)
class Stack:
    """One zoom of one method.

    Attributes:
        asked: the subject of each level.
        seen: what the judge names each.
    """

    group: str
    chain: str
    seed: int
    method: str
    asked: list[str]
    seen: list[str]

    @property
    def right(self) -> int:
        return sum(asked == seen for asked, seen in zip(self.asked, self.seen, strict=True))


def run(seeds: Sequence[int], folder: Path | None, file: Path | None, workers: int) -> int:
    """Make every zoom both ways, print shares and what was taken for what; 1 if it costs too much.

    Args:
        seeds: of each chain's zooms. A verdict needs some that nothing was chosen by.
        folder: of the model; None is the bundled one.
        file: for everything as JSON; written after each zoom.
    """
    logging.disable_progress_bar()
    model = open_stage_one(folder)
    judging = judge()
    setting = {
        "model": model.revision,
        "guidance": model.default_guidance,
        "context": model.default_context,
        "judge": judging.nested,
        "seeds": list(seeds),
    }
    print(
        f"Model {model.revision}, guidance {model.default_guidance:g}, context "
        f"{model.default_context:g}; the judge names {judging.nested:.3f} of nested drawn "
        "pictures rightly.",
        flush=True,
    )
    methods = {name: METHODS[name] for name in (TOGETHER, ALONE)}
    stacks: list[Stack] = []
    groups = {"chains": CHAINS, "presets": preset_chains()}
    for group, chains in groups.items():
        found = compare(model, chains, seeds, judging, methods, workers)
        for chain, seed, made, _ in found:
            for method in methods:
                seen = judging.names(made[method].levels)
                stacks.append(Stack(group, chain.title, seed, method, chain.subjects, seen))
            own = [each for each in stacks if each.chain == chain.title]
            print(f"{chain.title}: {_line(own)}", flush=True)
            if file:
                report = {**setting, "stacks": [asdict(each) for each in stacks]}
                file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print()
    for group in groups:
        print(f"{group:10s} {_line([each for each in stacks if each.group == group])}")
    print(f"{'all':10s} {_line(stacks)}")
    print(f"together, taken for something else: {_mistakes(stacks, TOGETHER)}")
    print(f"alone, taken for something else: {_mistakes(stacks, ALONE)}")
    holds = difference(stacks)[0] >= LEAST_DIFFERENCE
    print(f"{'holds' if holds else 'misses the limit'}: at least {LEAST_DIFFERENCE:+.2f}")
    return 0 if holds else 1


def difference(stacks: Sequence[Stack]) -> tuple[float, float]:
    """The share recognised together less that alone, and its standard error over the zooms.

    Both methods start from the same seeds, so the error is that of the paired difference: of a
    ratio of sums, by the jackknife; 0 of a single zoom.
    """
    zooms: dict[tuple[str, int], list[int]] = {}
    for stack in stacks:
        gained = zooms.setdefault((stack.chain, stack.seed), [0, 0])
        gained[0] += stack.right if stack.method == TOGETHER else -stack.right
        gained[1] = len(stack.asked)
    table = np.asarray(list(zooms.values()), dtype=float)
    total = table.sum(0)
    if len(table) < 2:
        return float(total[0] / total[1]), 0.0
    others = total - table
    spread = np.sqrt((len(table) - 1) * (others[:, 0] / others[:, 1]).var())
    return float(total[0] / total[1]), float(spread)


def _line(stacks: Sequence[Stack]) -> str:
    parts = []
    for name, method in (("together", TOGETHER), ("alone", ALONE)):
        own = [each for each in stacks if each.method == method]
        right, levels = sum(each.right for each in own), sum(len(each.asked) for each in own)
        parts.append(f"{name} {right} of {levels} ({right / levels:.3f})")
    gap, error = difference(stacks)
    return f"{', '.join(parts)}, difference {gap:+.3f} ± {error:.3f}"


def _mistakes(stacks: Sequence[Stack], method: str) -> str:
    wrong = Counter(
        (asked, seen)
        for each in stacks
        if each.method == method
        for asked, seen in zip(each.asked, each.seen, strict=True)
        if asked != seen
    )
    return ", ".join(f"{a} for {b} {n}" for (a, b), n in wrong.most_common()) or "nothing"
