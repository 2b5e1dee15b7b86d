"""A job: what the engine is asked to make. Documented in ``docs/formats.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .geometry import MAX_ZOOM_FACTOR, MIN_ZOOM_FACTOR, Placement, check_footprint
from .validation import Checker, read_json

JOB_VERSION = 1
SOLVERS = ("dpmpp_2m_sde", "dpmpp_2m", "ddpm", "ddim")
BLENDINGS = ("default", "uniform", "none")
BUNDLED = "bundled"  # the model that comes with Zoom Stack
BUNDLED_SECOND = "bundled_x4"  # its second stage
LANCZOS = "lanczos"  # the upscaler that is no model
AUTOMATIC = "automatic"  # the model's own second stage, where it has one and the size needs it
MAX_LEVELS = 64
MAX_SIZE = 8192
MAX_SEED = 2**53  # JSON readers elsewhere hold numbers as doubles

_CHECK = Checker("bad_job", "The job")
_LEVEL_KEYS = frozenset(
    {"prompt", "negative_prompt", "zoom_factor", "focus", "pin", "keep", "seed"}
)
_PIN_KEYS = frozenset({"image", "mask"})
_KEEP_KEYS = frozenset({"image", "follow"})
_SAMPLER_KEYS = frozenset({"solver", "steps", "guidance_scale", "blending", "context_strength"})
_JOB_KEYS = frozenset({"version", "model", "upscaler", "seed", "size", "levels", "loop", "sampler"})


@dataclass(frozen=True)
class Pin:
    """Pictures that a level is held to.

    Attributes:
        image: path of the picture that the level shall show.
        mask: path of a picture that is white where it shall show it; None: everywhere, or where
            ``image`` itself is opaque.
    """

    image: str
    mask: str | None = None


@dataclass(frozen=True)
class Keep:
    """A finished picture of a level, which is not sampled again.

    Attributes:
        image: path of the PNG, which a stack made before holds.
        follow: whether what the next level shows inside it may change; otherwise the file stays
            byte for byte, and a new level inside it can only add detail to what is there.
    """

    image: str
    follow: bool = False


@dataclass(frozen=True)
class LevelSpec:
    """One level of a job: its prompt and how it lies in the level before it.

    Attributes:
        prompt: empty only where the level is kept as it is.
        pin: a picture that the level shall show; None leaves it to the model.
        keep: the level's finished picture; None makes a new one.
        seed: of this level's own detail; None is the job's.
    """

    prompt: str
    negative_prompt: str = ""
    zoom_factor: float = 2.0
    focus: tuple[float, float] = (0.5, 0.5)
    pin: Pin | None = None
    keep: Keep | None = None
    seed: int | None = None


@dataclass(frozen=True)
class SamplerSettings:
    """How to sample.

    Attributes:
        solver: one of ``SOLVERS``.
        steps: evaluations of the model for each level.
        guidance_scale: classifier-free guidance; None is the model's own recommendation.
        blending: "default" (lead early, with a rim and an outline), "uniform" (the paper's) or
            "none".
        context_strength: how long the wide view leads the deep one under the default rule;
            0 is not at all, and each level fills its frame, without an outline; 1 as the exact
            yardstick asks; None is the model's own recommendation.
    """

    solver: str = "dpmpp_2m_sde"
    steps: int = 24
    guidance_scale: float | None = None
    blending: str = "default"
    context_strength: float | None = None


@dataclass(frozen=True)
class Job:
    """Everything that decides the pictures.

    Attributes:
        size: (width, height) in pixels of every picture; None leaves it to the model.
        levels: widest first, at least one.
        loop: the deepest level holds level 0 again, where level 0's own ``zoom_factor`` and
            ``focus`` say; otherwise those mean nothing.
        upscaler: what brings the sampled pictures to their size: "automatic" (the model's own
            second stage where it has one, or else "lanczos"), "lanczos", or a model.
    """

    levels: tuple[LevelSpec, ...]
    model: str = BUNDLED
    upscaler: str = AUTOMATIC
    seed: int = 0
    size: tuple[int, int] | None = None
    loop: bool = False
    sampler: SamplerSettings = field(default_factory=SamplerSettings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, complete: every setting is written out."""
        data = asdict(self)
        data["size"] = None if self.size is None else list(self.size)
        for level in data["levels"]:
            level["focus"] = list(level["focus"])
        return {"version": JOB_VERSION, **data, "levels": list(data["levels"])}


def parse_job(data: object, folder: Path | None = None) -> Job:
    """Read the JSON form of a job.

    Args:
        folder: what relative paths of pictures are relative to; None leaves them as they are.

    Raises:
        ZoomStackError: code ``bad_job`` or ``bad_geometry``, naming the place.
    """
    job = _CHECK.mapping(data, "it")
    _CHECK.known_keys(job, _JOB_KEYS, "it")
    _CHECK.version(job.get("version", JOB_VERSION), JOB_VERSION)
    size = job.get("size")
    parsed = Job(
        levels=_parse_levels(job.get("levels"), folder),
        model=_CHECK.text(job.get("model", BUNDLED), '"model"').strip() or BUNDLED,
        upscaler=_CHECK.text(job.get("upscaler", AUTOMATIC), '"upscaler"').strip() or AUTOMATIC,
        seed=_CHECK.integer(job.get("seed", 0), '"seed"', 0, MAX_SEED),
        size=None if size is None else _parse_size(size),
        loop=_CHECK.boolean(job.get("loop", False), '"loop"'),
        sampler=_parse_sampler(job.get("sampler", {})),
    )
    if all(level.keep for level in parsed.levels):
        raise _CHECK.fail(
            "every level is kept, so there is nothing to make.", "Free a level, or add one."
        )
    for number, level in enumerate(parsed.levels, start=1):
        where = f"Level {number}"
        if number == 1:
            if not parsed.loop:
                continue
            where = f"{where}, which the loop puts into level {len(parsed.levels)}"
        # Every level of a job has one size, so the aspect cancels here.
        check_footprint(Placement(level.zoom_factor, level.focus), 1.0, where)
    return parsed


def load_job(path: Path) -> Job:
    """Read a job file.

    Raises:
        ZoomStackError: code ``bad_job`` or ``bad_geometry``.
    """
    return parse_job(read_json(path, "bad_job"), path.resolve().parent)


def _parse_levels(value: object, folder: Path | None) -> tuple[LevelSpec, ...]:
    items = _CHECK.items([] if value is None else value, '"levels"')
    if not items:
        raise _CHECK.fail("it has no levels.", "Add at least one level with a prompt.")
    if len(items) > MAX_LEVELS:
        raise _CHECK.fail(f"it has {len(items)} levels; at most {MAX_LEVELS} are possible.")
    return tuple(_parse_level(item, number, folder) for number, item in enumerate(items, start=1))


def _parse_level(value: object, number: int, folder: Path | None) -> LevelSpec:
    where = f"level {number}"
    level = _CHECK.mapping(value, where)
    _CHECK.known_keys(level, _LEVEL_KEYS, where)
    prompt = _CHECK.text(level.get("prompt", ""), f"the prompt of {where}").strip()
    pin = _parse_pin(level.get("pin"), where, folder)
    keep = _parse_keep(level.get("keep"), where, folder)
    if pin and keep:
        raise _CHECK.fail(f"{where} is both kept and pinned to a picture.", "Choose one of them.")
    if not prompt and (keep is None or keep.follow):
        raise _CHECK.fail(f"{where} has no prompt.", "Say what is seen at that scale.")
    negative = level.get("negative_prompt", "")
    factor = level.get("zoom_factor", 2.0)
    x, y = _CHECK.pair(level.get("focus", [0.5, 0.5]), f"the focus of {where}")
    return LevelSpec(
        prompt=prompt,
        negative_prompt=_CHECK.text(negative, f"the negative prompt of {where}"),
        zoom_factor=_CHECK.number(
            factor, f"the zoom factor of {where}", MIN_ZOOM_FACTOR, MAX_ZOOM_FACTOR
        ),
        focus=(
            _CHECK.number(x, f"the focus of {where}", 0.0, 1.0),
            _CHECK.number(y, f"the focus of {where}", 0.0, 1.0),
        ),
        pin=pin,
        keep=keep,
        seed=None
        if level.get("seed") is None
        else _CHECK.integer(level["seed"], f"the seed of {where}", 0, MAX_SEED),
    )


def _parse_pin(value: object, where: str, folder: Path | None) -> Pin | None:
    if value is None:
        return None
    pin = _CHECK.mapping(value, f"the pin of {where}")
    _CHECK.known_keys(pin, _PIN_KEYS, f"the pin of {where}")
    image = _CHECK.text(pin.get("image"), f"the pinned picture of {where}")
    mask = pin.get("mask")
    paths = [image] if mask is None else [image, _CHECK.text(mask, f"the mask of {where}")]
    if not all(path.strip() for path in paths):
        raise _CHECK.fail(f"{where} has a pin without a picture.", "Name one, or remove the pin.")
    return Pin(*(path if folder is None else str(folder / path) for path in paths))


def _parse_keep(value: object, where: str, folder: Path | None) -> Keep | None:
    if value is None:
        return None
    keep = _CHECK.mapping(value, f"the kept picture of {where}")
    _CHECK.known_keys(keep, _KEEP_KEYS, f"the kept picture of {where}")
    image = _CHECK.text(keep.get("image", ""), f"the kept picture of {where}")
    if not image.strip():
        raise _CHECK.fail(f"{where} is kept, but its picture is not named.", "Name its file.")
    follow = _CHECK.boolean(keep.get("follow", False), f'"follow" of {where}')
    return Keep(image if folder is None else str(folder / image), follow)


def _parse_size(value: object) -> tuple[int, int]:
    width, height = _CHECK.pair(value, '"size"')
    return (
        _CHECK.integer(width, "the width", 16, MAX_SIZE),
        _CHECK.integer(height, "the height", 16, MAX_SIZE),
    )


def _parse_sampler(value: object) -> SamplerSettings:
    sampler: Mapping[str, Any] = _CHECK.mapping(value, '"sampler"')
    _CHECK.known_keys(sampler, _SAMPLER_KEYS, '"sampler"')
    given = SamplerSettings()
    guidance = sampler.get("guidance_scale")
    return SamplerSettings(
        solver=_CHECK.choice(sampler.get("solver", given.solver), SOLVERS, "the solver"),
        steps=_CHECK.integer(sampler.get("steps", given.steps), "the number of steps", 1, 1000),
        guidance_scale=None
        if guidance is None
        else _CHECK.number(guidance, "the guidance scale", 0.0, 100.0),
        blending=_CHECK.choice(sampler.get("blending", given.blending), BLENDINGS, "the blending"),
        context_strength=None
        if sampler.get("context_strength") is None
        else _CHECK.number(sampler["context_strength"], "the context strength", 0.0, 100.0),
    )
