"""The LoRAs of the settings, and whether the chosen model can be used with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..engine.contract.job import BUNDLED, Lora
from .model_list import find, find_lora, known_models
from .options import decimal

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_settings


def loras_in(settings: ZOOMSTACK_PG_settings) -> tuple[Lora, ...]:
    """As a job holds them."""
    return tuple(Lora(each.lora, decimal(each.weight)) for each in settings.loras)


def write_loras(settings: ZOOMSTACK_PG_settings, loras: Sequence[Lora]) -> None:
    """Write a job's LoRAs into the settings."""
    settings.loras.clear()
    for lora in loras:
        item = settings.loras.add()
        item.lora, item.weight = lora.name, lora.weight


def why_not(settings: ZOOMSTACK_PG_settings, name: str) -> str:
    """A sentence on why a LoRA cannot act with the chosen model; empty when it can, or is unknown.

    The engine looks once more before it loads anything.
    """
    lora, model = find_lora(name), find(settings.model)
    if _is_unknown(name):
        return ""
    if lora is None:
        return "This LoRA is in none of the model folders."
    if lora.problem:
        return f"{lora.problem} {lora.hint}".strip()
    if model is not None and not lora.fits(model):
        return f"It is a {lora.family}, not for {model.family}."
    return ""


def _is_unknown(name: str) -> bool:
    """Whether the list says nothing of it: a path, or the engine has not told anything yet."""
    return os.path.isabs(os.path.expanduser(name)) or not known_models()


def why_not_model(settings: ZOOMSTACK_PG_settings) -> str:
    """A sentence on why the chosen model, or a LoRA with it, cannot be used; empty when it can.

    As far as the engine has told: it looks once more before it loads anything.
    """
    model = find(settings.model)
    if model is None and settings.model != BUNDLED and not _is_unknown(settings.model):
        return f"The model {settings.model} is in none of the model folders."
    if model is not None and model.problem:
        return f"{model.problem} {model.hint}".strip()
    for item in settings.loras:
        reason = why_not(settings, item.lora)
        if reason:
            return f"LoRA {item.lora.rpartition('/')[2]}: {reason}"
    return ""
