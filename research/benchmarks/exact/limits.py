"""What the default rule must reach in the exact worlds, all at once."""

from __future__ import annotations

from typing import Any


def misses(row: dict[str, Any]) -> list[str]:
    """Where a row of the yardstick falls short of the limits, in words; none where it holds.

    Args:
        row: of ``yardstick.measure``, with 64 seeds: fewer are too noisy to tell.
    """
    low, middle, high = ([level[third] for level in row["power"]] for third in range(3))
    windowed = min(level[0] for level in row["power_windowed"])
    checks = [
        ("power low", min(low) >= 0.85, min(low)),
        ("power middle", min(middle) >= 0.9 and max(middle) <= 1.15, (min(middle), max(middle))),
        ("power high", min(high) >= 0.9 and max(high) <= 1.15, (min(high), max(high))),
        ("power low, windowed", windowed >= 0.8, windowed),
        ("context", row["context"][0] >= 0.85, row["context"][0]),
        ("conflict", row["conflict"] <= 7.0, row["conflict"]),
        ("class agreement", row["class_agreement"] >= 0.95, row["class_agreement"]),
        ("purity", row["purity"] >= 0.9, row["purity"]),
        ("seam", row["seam"] <= 1.12, row["seam"]),
        ("agreement", row["agreement"] <= 0.01, row["agreement"]),
        ("nesting", row["nesting_after"] <= 1e-5, row["nesting_after"]),
        ("evaluations", row["steps"] <= 24, row["steps"]),
    ]
    return [f"{name} {figures(value)}" for name, holds, value in checks if not holds]


def misses_late(row: dict[str, Any]) -> list[str]:
    """The same of a grid that begins too late."""
    checks = [
        ("context", row["context"][0] >= 0.9, row["context"][0]),
        ("class agreement", row["class_agreement"] >= 0.95, row["class_agreement"]),
        ("purity", row["purity"] >= 0.8, row["purity"]),
    ]
    return [f"{name} {figures(value)}" for name, holds, value in checks if not holds]


def figures(value: float | tuple[float, float]) -> str:
    """A value, or the least and the greatest of several, for people."""
    values = value if isinstance(value, tuple) else (value,)
    return "-".join(f"{each:.4g}" for each in values)
