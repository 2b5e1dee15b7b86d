"""What the joint sampler needs of a model: the place to plug in one of your own.

Every family's own parametrisation is put aside here: a noisy image is z = x + sigma * epsilon
(the "variance exploding" form of Karras et al., EDM, 2022), and a model answers with its
estimate x0 of the clean image. A variance-preserving latent is ``z / sqrt(1 + sigma**2)``, a
flow-matching one ``z / (1 + sigma)``; each adapter rescales its own input.

A model of one's own needs one method. Complete, for pixels; a test runs it, and so does Python in
the folder that holds ``engine``::

    import torch
    from engine.contract.geometry import Placement
    from engine.method.codec import PIXELS
    from engine.method.sampler import sample

    class Grey:
        channels = 3
        codec = PIXELS

        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            variance = 0.25  # pixels drawn from N(0, 0.25): the best estimate is a Wiener filter
            return z * (variance / (variance + sigma.view(-1, 1, 1, 1) ** 2))

    levels = sample(Grey(), [Placement(), Placement(2.0)], size=(64, 64), seed=7)
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import torch

from .codec import Codec


class Denoiser(Protocol):
    """A model bound to the prompts of one zoom.

    Attributes:
        channels: of its images; 3 for pixel models.
        codec: what its images are: pixels, or latents and the way between both.
    """

    channels: int
    codec: Codec

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Estimate the clean images.

        Args:
            z: (N, C, H, W), x + sigma * epsilon; image i belongs to level i.
            sigma: (N,) noise levels, standard deviations in the units of x: -1 to 1 of pixels,
                a standard deviation of about 1 of latents.

        Returns:
            (N, C, H, W) like x, already thresholded where the family does that.
        """
        ...


@runtime_checkable
class OwnGrid(Protocol):
    """A denoiser with noise levels of its own; others are asked at ``solvers.noise_levels``."""

    def noise_levels(self, steps: int, size: tuple[int, int]) -> list[float]:
        """Falling noise levels, one for each step; the estimate at the last one is the result.

        Args:
            steps: how many.
            size: (width, height) of the pictures in pixels.
        """
        ...
