"""The baselines of the comparison, where the model is exact."""

from __future__ import annotations

import pytest
import torch

from engine.contract.geometry import Placement
from engine.method.codec import PIXELS
from engine.method.footprint import footprint
from research.benchmarks.comparing import methods
from research.benchmarks.comparing.continuity import seam
from research.benchmarks.exact.conditional import Resampling, sample_given
from tests.engine.nestings import chain
from tests.research.benchmarks.analytic import LEVELS, SETTINGS, SIZE, zoom


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_outpainting_keeps_the_deeper_picture(factor):
    place = footprint(Placement(factor), SIZE)
    deeper = 0.1 * torch.randn(3, *SIZE)
    picture = sample_given(
        zoom().each_alone[0],
        methods.around(place, deeper),
        count=1, size=SIZE, seed=1, settings=SETTINGS, resampling=Resampling(2),
    )[0]  # fmt: skip
    assert torch.equal(place.crop(picture), place.reduce(deeper))
    made = methods.outpainting(zoom(factor=factor), SETTINGS, Resampling())
    alone = sample_given(
        zoom().each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=methods.level_seed(4, LEVELS - 1), settings=SETTINGS,
    )[0]  # fmt: skip
    assert torch.equal(made.levels[-1], alone)


def test_each_method_says_of_each_level_what_it_will_hold():
    """Which denoiser a method asks decides what the model is told; the estimates show which."""

    class Told:
        channels = 3
        codec = PIXELS

        def __init__(self, value: float) -> None:
            self.value = value

        def predict_x0(self, z: torch.Tensor, _sigma: torch.Tensor) -> torch.Tensor:
            return torch.full_like(z, self.value)

    told = methods.Zoom(
        Told(0.1), Told(0.2), [Told(0.3)] * 3, [Told(0.4)] * 3, chain(3, 2.0), SIZE, seed=4
    )
    made = {
        "together": methods.joint(told, SETTINGS),
        "alone": methods.independent(told, SETTINGS),
        "outwards": methods.outpainting(told, SETTINGS, Resampling()),
        "inwards": methods.super_resolution(told, SETTINGS, None, project=False),
    }
    values = {name: float(each.estimates.mean()) for name, each in made.items()}
    assert values == pytest.approx({"together": 0.1, "alone": 0.2, "outwards": 0.3, "inwards": 0.4})


@pytest.mark.parametrize("factor", [2.0, 4.0])
def test_super_resolution_keeps_the_parents_crop(factor):
    made = methods.super_resolution(zoom(factor=factor), SETTINGS, None, project=True)
    alone = sample_given(
        zoom().each_alone[0], lambda x0: x0,
        count=1, size=SIZE, seed=methods.level_seed(4, 0), settings=SETTINGS,
    )[0]  # fmt: skip
    # The last paste would have changed the widest level, had a deeper one departed from it.
    assert torch.allclose(made.levels[0], alone, atol=1e-5)
    assert not torch.allclose(
        methods.super_resolution(zoom(factor=factor), SETTINGS, 1.0, project=False).levels[0],
        alone,
        atol=1e-3,
    )


def test_what_is_known_continues_where_the_model_is_exact():
    """Outpainting's seams are lower than those of levels that do not know of each other."""

    def worst(made: methods.Made) -> float:
        places = zoom().nesting
        return max(seam(made.levels[i], place) for i, place in enumerate(places))

    many = zoom(seeds=24)
    alone = worst(methods.independent(many, SETTINGS))
    grown = worst(methods.outpainting(many, SETTINGS, Resampling(2)))
    assert grown < 0.75 * alone


def test_evaluations_are_counted_a_level():
    steps = SETTINGS.steps
    assert methods.joint(zoom(), SETTINGS).evaluations == steps
    assert methods.independent(zoom(), SETTINGS).evaluations == steps
    everywhere = Resampling(2, highest=1e9, lowest=0.0)
    jumping = methods.outpainting(zoom(), SETTINGS, everywhere)
    # Every step but the last twice, and the deepest level without jumps.
    assert jumping.evaluations == pytest.approx(((2 * steps - 1) * (LEVELS - 1) + steps) / LEVELS)
