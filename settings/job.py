"""From the scene's settings to a job, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..engine.contract.errors import ZoomStackError
from ..engine.contract.job import Job, Keep, LevelSpec, parse_job
from ..engine.contract.stack import Stack
from .kept_levels import check_kept

if TYPE_CHECKING:
    from .properties import ZOOMSTACK_PG_level, ZOOMSTACK_PG_settings


def zoom_factor_of(settings: ZOOMSTACK_PG_settings, level: ZOOMSTACK_PG_level) -> float:
    """A level's zoom factor: its own, or the common one."""
    return level.zoom_factor if level.use_own_zoom_factor else settings.zoom_factor


def job_from_settings(settings: ZOOMSTACK_PG_settings, with_kept: bool = True) -> Job:
    """What the settings ask for.

    Args:
        with_kept: keep the levels that are kept; otherwise every level is to be made.

    Raises:
        ZoomStackError: codes ``bad_job``, ``bad_geometry``, ``bad_picture``, naming the place.
    """
    levels = [
        {
            "prompt": level.prompt,
            "negative_prompt": level.negative_prompt,
            "zoom_factor": _decimal(zoom_factor_of(settings, level)),
            "focus": [_decimal(value) for value in level.focus],
            "pin": None if with_kept and is_kept(level) else _pin(level),
            "keep": _keep(settings, level) if with_kept else None,
            "seed": level.seed if level.use_own_seed else None,
        }
        for level in settings.levels
    ]
    sampler: dict[str, Any] = {
        "solver": settings.solver,
        "steps": settings.steps,
        "blending": settings.blending,
    }
    if settings.use_context:
        sampler["context_strength"] = _decimal(settings.context_strength)
    if settings.use_guidance:
        sampler["guidance_scale"] = _decimal(settings.guidance_scale)
    job: dict[str, Any] = {
        "model": settings.model,
        "upscaler": settings.upscaler,
        "seed": settings.seed,
        "levels": levels,
        "loop": settings.loop,
        "sampler": sampler,
    }
    if settings.use_size:
        job["size"] = [settings.width, settings.height]
    parsed = parse_job(job)
    if with_kept:
        check_kept(settings, parsed.levels)
    return parsed


def apply_job(settings: ZOOMSTACK_PG_settings, data: object, folder: Path | None = None) -> None:
    """Write a job's levels into the settings, and whatever else the job says itself.

    Args:
        data: the JSON form; what it leaves out stays as the user has it, except that levels
            which do not say so are no loop.
        folder: what its pictures' paths are relative to.

    Raises:
        ZoomStackError: codes ``bad_job``, ``bad_geometry``; the settings are then unchanged.
    """
    job = parse_job(data, folder)
    assert isinstance(data, Mapping)  # parse_job has seen to that
    _check_seeds(job)
    _apply_levels(settings, job.levels, job.loop)
    for name in ("seed", "model", "upscaler"):
        if name in data:
            setattr(settings, name, getattr(job, name))
    if "size" in data:
        settings.use_size = job.size is not None
        if job.size is not None:
            settings.width, settings.height = job.size
    sampler = data.get("sampler", {})
    for name in ("solver", "steps", "blending"):
        if name in sampler:
            setattr(settings, name, getattr(job.sampler, name))
    for name, switch in (("guidance_scale", "use_guidance"), ("context_strength", "use_context")):
        if name in sampler:
            value = getattr(job.sampler, name)
            setattr(settings, switch, value is not None)
            if value is not None:
                setattr(settings, name, value)


def apply_stack(settings: ZOOMSTACK_PG_settings, stack: Stack) -> None:
    """Write a finished stack's levels into the settings, all of them kept."""
    levels = [
        LevelSpec(
            level.prompt,
            level.negative_prompt,
            level.zoom_factor,
            level.focus,
            keep=Keep(str(stack.picture(index))),
        )
        for index, level in enumerate(stack.levels)
    ]
    _apply_levels(settings, levels, stack.loop)


def is_kept(level: ZOOMSTACK_PG_level) -> bool:
    """Whether a level's finished picture is kept."""
    return level.keep and bool(level.made)


def number_levels(settings: ZOOMSTACK_PG_settings, folder: Path) -> None:
    """Remember which level is which in a run, however the list is edited meanwhile."""
    settings.run = str(folder)
    for number, level in enumerate(settings.levels):
        level.number = number


def note_pictures(settings: ZOOMSTACK_PG_settings, stack: Stack) -> None:
    """Let the levels know their finished pictures, where the stack is the settings' last run."""
    if settings.run != str(stack.folder):
        return
    for level in settings.levels:
        if 0 <= level.number < len(stack.levels):
            level.made = str(stack.picture(level.number))


def copy_settings(source: bpy.types.PropertyGroup, target: bpy.types.PropertyGroup) -> None:
    """Copy every property of one group to another of the same type."""
    for prop in source.bl_rna.properties:
        if prop.identifier in {"rna_type", "name"} or prop.identifier.endswith("_choice"):
            continue
        value = getattr(source, prop.identifier)
        if prop.type == "COLLECTION":
            items = getattr(target, prop.identifier)
            items.clear()
            for item in value:
                copy_settings(item, items.add())
        elif not prop.is_readonly:
            setattr(target, prop.identifier, value)


def _check_seeds(job: Job) -> None:
    """Blender's whole numbers have 31 bits; the engine takes larger seeds."""
    largest = max([job.seed, *(level.seed or 0 for level in job.levels)])
    if largest >= 2**31:
        raise ZoomStackError(
            "bad_job",
            f"The job: the seed {largest} is larger than Blender can hold.",
            f"Use a seed up to {2**31 - 1}, or run the job on the command line.",
        )


def _pin(level: ZOOMSTACK_PG_level) -> dict[str, str] | None:
    if not level.pin_image.strip():
        return None
    pin = {"image": bpy.path.abspath(level.pin_image)}
    if level.pin_mask.strip():
        pin["mask"] = bpy.path.abspath(level.pin_mask)
    return pin


def _keep(settings: ZOOMSTACK_PG_settings, level: ZOOMSTACK_PG_level) -> dict[str, Any] | None:
    if not is_kept(level):
        return None
    # Where nothing is said of a picture, the model cannot make its middle anew.
    follow = settings.wider_follow and bool(level.prompt.strip())
    return {"image": bpy.path.abspath(level.made), "follow": follow}


def _apply_levels(settings: ZOOMSTACK_PG_settings, levels: Sequence[LevelSpec], loop: bool) -> None:
    settings.loop = loop
    settings.wider_follow = any(level.keep and level.keep.follow for level in levels)
    factors = {level.zoom_factor for level in (levels if loop else levels[1:])}
    common = len(factors) <= 1
    if common and factors:
        settings.zoom_factor = factors.pop()
    settings.levels.clear()
    for spec in levels:
        level = settings.levels.add()
        level.prompt = spec.prompt
        level.negative_prompt = spec.negative_prompt
        level.use_own_zoom_factor = not common
        level.zoom_factor = spec.zoom_factor
        level.focus = spec.focus
        level.use_own_seed = spec.seed is not None
        level.seed = spec.seed or 0
        if spec.pin is not None:
            level.pin_image = spec.pin.image
            level.pin_mask = spec.pin.mask or ""
        if spec.keep is not None:
            level.made, level.keep = spec.keep.image, True
    settings.active_level = 0


def _decimal(value: float) -> float:
    """Blender keeps single precision: 0.3 would reach the job as 0.30000001192092896."""
    return float(f"{value:.6g}")
