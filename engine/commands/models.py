"""``models``: which models exist."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from ..models.registry import ModelEntry, list_models
from .arguments import path


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "models", parents=[common], help="list the models", description="List the models."
    )
    parser.add_argument("--models", metavar="DIR", type=path, help="folder with models")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    entries = list_models(arguments.models)
    if arguments.json:
        print(json.dumps({"models": [entry.to_dict() for entry in entries]}, indent=2))
    else:
        print(_table(entries))
    return 0


def _table(entries: Sequence[ModelEntry]) -> str:
    rows = [("NAME", "FAMILY", "SIZE", "STATE", "FOLDER")]
    for entry in entries:
        size = "{}x{}".format(*entry.native_size) if entry.native_size else "-"
        state = "problem" if entry.problem else "ok"
        rows.append((entry.name, entry.family or "-", size, state, str(entry.folder)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
    notes = [f"{entry.name}: {entry.problem} {entry.hint}" for entry in entries if entry.problem]
    return "\n".join(lines + notes)
