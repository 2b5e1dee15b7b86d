"""``models``: which models and LoRAs exist."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from ..contract.errors import Remedy, ZoomStackError
from ..contract.model_listing import LORA, Listed
from ..models.registry import list_models
from .arguments import add_models


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "models",
        parents=[common],
        help="list the models and LoRAs",
        description="List the models and LoRAs, and why those that cannot be used cannot.",
    )
    add_models(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    found = list_models(arguments.models)
    listed = [entry.listed() for entry in found.entries]
    if arguments.json:
        content = {
            "models": [each.to_dict() for each in listed],
            "problems": list(found.problems),
        }
        print(json.dumps(content, indent=2))
    else:
        print(_tables(listed))
    if found.problems:
        raise ZoomStackError(
            "no_models_folder",
            " ".join(found.problems),
            "Correct the models folder.",
            Remedy.CHOOSE_MODELS,
        )
    return 0


def _tables(listed: Sequence[Listed]) -> str:
    usable = [each for each in listed if not each.problem]
    loras = [each for each in usable if each.kind == LORA]
    blocks = [_table([each for each in usable if each.kind != LORA])]
    if loras:
        blocks.append("LoRAs\n" + _table(loras))
    refused = [each for each in listed if each.problem]
    if refused:
        lines = [f"{each.name}: {each.problem} {each.hint}".strip() for each in refused]
        blocks.append("\n".join(["Cannot be used", *lines]))
    return "\n\n".join(blocks)


def _table(listed: Sequence[Listed]) -> str:
    rows = [("NAME", "FAMILY", "PIXELS", "ON DISK", "", "FOLDER")]
    for each in listed:
        pixels = "{}x{}".format(*each.native_size) if each.native_size else "-"
        draft = "draft" if each.draft else ""
        rows.append((each.name, each.family or "-", pixels, _size(each.size), draft, each.folder))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    )


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
