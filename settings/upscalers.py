"""Upscalers as a person chooses them; which of a model folder there are, ``models`` finds."""

from __future__ import annotations

from ..engine.contract.job import (
    AUTOMATIC,
    BUNDLED_SECOND,
    LANCZOS,
    REAL_ESRGAN,
    REAL_ESRGAN_QUICK,
    THEN,
)
from ..engine.contract.options import Choice

_REAL_ESRGANS = (
    Choice(
        REAL_ESRGAN,
        "Real-ESRGAN ×4",
        "A large network that draws crisp detail: quick on a graphics card, without one about ten "
        "seconds for a picture of 1024 pixels",
    ),
    Choice(
        REAL_ESRGAN_QUICK,
        "Real-ESRGAN, Quick",
        "A small network: crisp edges, seconds for 1024 pixels",
    ),
)
_PLAIN = Choice(LANCZOS, "Lanczos", "Interpolation: it invents nothing")
#: Those that enlarge finished pictures.
SINGLE_UPSCALERS = (
    Choice(
        AUTOMATIC,
        "Automatic",
        "Real-ESRGAN: the large network where the engine computes on a graphics card, else the "
        "quick one",
    ),
    *_REAL_ESRGANS,
    _PLAIN,
)


def after_second_stage(name: str, title: str) -> list[Choice]:
    """A second stage alone, and with each of the upscalers that go on from it."""
    return [
        *(
            Choice(
                f"{name}{THEN}{each.name}",
                f"{title}, then {each.title}",
                f"The second stage draws fine detail, then {each.title} enlarges each picture",
            )
            for each in _REAL_ESRGANS
        ),
        Choice(name, title, "A second stage: it draws fine detail in all levels together"),
    ]


#: Those that need no model folder.
UPSCALERS = (
    Choice(
        AUTOMATIC,
        "Automatic",
        "The model's own second stage where it has one, then Real-ESRGAN where that is not enough",
    ),
    *after_second_stage(BUNDLED_SECOND, "Bundled Second Stage"),
    *_REAL_ESRGANS,
    _PLAIN,
)
