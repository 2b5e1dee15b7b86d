"""Files with real keys, shapes and sizes, but holes on the disk where weights would be."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

Shapes = Mapping[str, tuple[int, ...]]


def write_sparse(path: Path, shapes: Shapes, **metadata: str) -> Path:
    """A whole safetensors file of half precision."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for key, shape in shapes.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[key] = {"dtype": "F16", "shape": list(shape), "data_offsets": [begin, end]}
    return write_header(path, header, end)


def write_header(path: Path, header: object, weights: int = 0) -> Path:
    """A file that begins with this header and goes on for so many bytes."""
    encoded = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        file.truncate(8 + len(encoded) + weights)
    return path
