"""``view DIR --magnification M --size WxH --out FRAME.png``: one frame of the zoom."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contract.errors import ZoomStackError
from ..contract.stack import read_stack
from ..machine import environment
from .arguments import path, size


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "view",
        parents=[common],
        help="render one frame of a zoom stack",
        description="Render one frame of the continuous zoom; needs no model and no torch.",
    )
    parser.add_argument("stack", metavar="DIR", type=path, help="the folder of a zoom stack")
    parser.add_argument("--magnification", metavar="M", type=float, required=True, help="1 or more")
    parser.add_argument("--size", metavar="WxH", type=size, required=True, help="in pixels")
    parser.add_argument("--out", metavar="FRAME.png", type=path, required=True)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    out: Path = arguments.out
    if out.suffix.lower() != ".png":
        raise ZoomStackError(
            "bad_view", f"{out} is no PNG file's name.", "Give a name that ends in .png."
        )
    stack = read_stack(arguments.stack)
    if any(out.resolve() == stack.picture(i).resolve() for i in range(len(stack.levels))):
        raise ZoomStackError(
            "bad_view", f"{out} is a picture of the stack itself.", "Give another name."
        )
    environment.require(environment.PICTURE_PACKAGES, "no_package")
    from ..pictures.files import write_png
    from ..pictures.view import render_view

    write_png(out, render_view(stack, arguments.magnification, arguments.size))
    return 0
