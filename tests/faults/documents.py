"""Sound documents of the formats that both halves read."""

from __future__ import annotations

import json
from typing import Any

JOB: dict[str, Any] = {
    "version": 1,
    "model": "bundled",
    "seed": 7,
    "size": [256, 256],
    "loop": False,
    "levels": [
        {"prompt": "a spiral galaxy", "negative_prompt": "text"},
        {"prompt": "a planet", "zoom_factor": 2.0, "focus": [0.5, 0.5], "seed": 3},
        {"prompt": "a coast", "pin": {"image": "a.png", "mask": "b.png"}},
        {"prompt": "a leaf", "keep": {"image": "a.png", "follow": True}},
    ],
    "loras": [{"name": "paint", "weight": 0.5}],
    "sampler": {"solver": "dpmpp_2m", "steps": 24, "guidance_scale": 5.0, "blending": "default"},
    "ids": {"zoom": "0123456789abcdef", "levels": ["a1", "b2", "c3", "d4"]},
}
STACK: dict[str, Any] = {
    "version": 1,
    "loop": False,
    "levels": [
        {"image": "a.png", "prompt": "a galaxy"},
        {"image": "b.png", "zoom_factor": 2.0, "focus": [0.5, 0.5]},
    ],
    "display": {"feather": 0.06, "fade": 0.75},
    "made_with": {"job": JOB, "versions": {"torch": "2"}},
    "ids": {"zoom": "0123456789abcdef", "levels": ["a1", "b2"]},
}
MESSAGES: list[dict[str, Any]] = [
    {"type": "hello", "protocol": 2, "engine": "1", "python": "3.11"},
    {"type": "alive"},
    {"type": "stage", "name": "load", "text": "Loading the model"},
    {"type": "progress", "step": 1, "total": 24, "level": 0, "levels": 2, "eta": 1.5},
    {"type": "preview", "step": 1, "level": 0, "levels": 2, "file": "/a/preview_00.png"},
    {"type": "preview", "step": 1, "level": 1, "levels": 2, "data": "iVBORw0KGgo="},
    {"type": "file", "name": "level_00.png", "part": 0, "parts": 1, "data": "iVBORw0KGgo="},
    {"type": "file", "name": "stack.json", "part": 0, "parts": 1, "data": "e30="},
    {"type": "warning", "code": "size", "text": "Enlarged."},
    {"type": "result", "folder": "/a", "levels": 2},
    {"type": "error", "code": "bad_job", "text": "It is wrong.", "hint": "Mend it."},
    {"type": "models", "models": [{"name": "m", "kind": "model", "size": 5}], "problems": []},
    {"type": "check", "ok": True, "problems": [], "python": {"version": "3"}, "devices": []},
    {"type": "done", "status": "finished"},
]
STRANGERS: list[Any] = [JOB, STACK, json.dumps(JOB).encode()]
