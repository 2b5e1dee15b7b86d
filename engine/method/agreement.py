"""All levels' estimates brought into agreement, in pixels or in a model's latents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..contract.errors import ZoomStackError
from ..contract.geometry import Placement
from ..contract.job import SamplerSettings
from .blending import blending
from .codec import Codec
from .fitting import is_aligned
from .footprint import Footprint
from .latent_footprint import Fit, LatentFootprint, latent_footprints
from .nesting import footprints, render_with
from .pinning import Pin, filled, given, pinned, surrounded

_COVERED = 1.0 - 1e-3  # of a block of pixels, for its latent to be given


@dataclass(frozen=True)
class Agreed:
    """What became of the estimates.

    Attributes:
        x: (N, C, h, w), the levels in agreement, as the model samples.
        picture: (N, 3, ., .), the same to look at, perhaps rougher.
        carried: (N, C, h, w) what pixels added when they were seen last; None in models of pixels.
    """

    x: torch.Tensor
    picture: torch.Tensor
    carried: torch.Tensor | None = None


class PixelAgreement:
    """L = blend(X), X' = Pi_image(L), pinned; images are pixels (N, C, H, W).

    Args:
        nesting: where each level holds the next.
        pins: in the values and the size of the images.
    """

    def __init__(
        self,
        placements: Sequence[Placement],
        size: tuple[int, int],
        loop: bool,
        settings: SamplerSettings,
        pins: Sequence[Pin],
    ) -> None:
        self.nesting: Sequence[Footprint] = footprints(placements, size, loop)
        self.pins = pins
        self.gain = 1.0
        self._blend = blending(settings)
        self._given = given(pins, (len(placements), 3, size[1], size[0]))

    def agree(
        self, x0: torch.Tensor, sigma: float, _in_pixels: bool, _carried: torch.Tensor | None
    ) -> Agreed:
        x = self.pixels(x0, sigma)
        return Agreed(x, x)

    def pixels(self, x0: torch.Tensor, sigma: float) -> torch.Tensor:
        """X' of X."""
        blended = self._blend(x0, self.nesting, sigma, self._given)
        return pinned(render_with(blended, self.nesting), self.nesting, self.pins)


class LatentAgreement:
    """The same for latents, which are seen in pixels in a few rounds only.

    In most rounds levels are led, end at their outlines and are rendered in latents, by maps that
    were fitted to the codec (``latent_footprint``). What only pixels can tell, how levels meet at
    their borders, is found when they are seen, and carried on until the next time::

        x = Pi_latent(blend(x0)) + carried
        x = x0 + E(X') - E(X)    X = D(x0), X' = Pi_image(blend(X))     in pixels

    Args:
        in_pixels: the same zoom for pictures.
        nesting: where each level holds the next, in latents.
        pins: of latents.
        fit: of the codec, from which the clock and the colours come.
    """

    def __init__(
        self,
        codec: Codec,
        in_pixels: PixelAgreement,
        nesting: Sequence[LatentFootprint],
        pins: Sequence[Pin],
        fit: Fit,
        settings: SamplerSettings,
    ) -> None:
        self.nesting: Sequence[Footprint] = nesting
        self.pins = pins
        self.gain = fit.gain
        self._codec = codec
        self._in_pixels = in_pixels
        self._partly = [place.partly() for place in nesting]
        self._colours = fit.colours
        self._blend = blending(settings, rims=False)

    def agree(
        self, x0: torch.Tensor, sigma: float, in_pixels: bool, carried: torch.Tensor | None
    ) -> Agreed:
        """Bring estimates into agreement.

        Args:
            x0: (N, C, h, w).
            sigma: of a picture of pixels that noise hides as much as it hides these.
            carried: of the round before.
        """
        known = given(self.pins, (len(x0), 1, *x0.shape[-2:]))
        blended = self._blend(x0, self.nesting, sigma, known)
        rendered = pinned(render_with(blended, self.nesting), self.nesting, self.pins)
        if not in_pixels:
            x = rendered if carried is None else rendered + carried
            return Agreed(x, self._rough(x), carried)
        x, picture = _seen(self._codec, self._in_pixels, x0, sigma)
        return Agreed(x, picture, self._without_parts(x - rendered))

    def _without_parts(self, carried: torch.Tensor) -> torch.Tensor:
        """Without what a child covers in part: it changes with that one from round to round."""
        for level, partly in enumerate(self._partly):
            carried[level] = carried[level] * ~partly.to(carried.device)
        return carried

    def _rough(self, latents: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w): the colours of latents, roughly; three for each K channels."""
        weights = self._colours.to(latents)
        kinds = weights.shape[1] - 1
        groups = latents.reshape(len(latents), -1, kinds, *latents.shape[-2:])
        colours = torch.einsum("ck,ngkhw->ngchw", weights[:, :-1], groups)
        return (colours + weights[:, -1].view(3, 1, 1)).flatten(1, 2)


class UnfittedAgreement:
    """For a codec that no maps fit: every round in pixels, and noise shared channel by channel."""

    def __init__(
        self,
        codec: Codec,
        in_pixels: PixelAgreement,
        nesting: Sequence[Footprint],
        pins: Sequence[Pin],
        gain: float,
    ) -> None:
        self.nesting = nesting
        self.pins = pins
        self.gain = gain
        self._codec = codec
        self._in_pixels = in_pixels

    def agree(
        self, x0: torch.Tensor, sigma: float, _in_pixels: bool, _carried: torch.Tensor | None
    ) -> Agreed:
        return Agreed(*_seen(self._codec, self._in_pixels, x0, sigma))


Agreement = PixelAgreement | LatentAgreement | UnfittedAgreement


def agreement(
    codec: Codec,
    placements: Sequence[Placement],
    size: tuple[int, int],
    loop: bool,
    settings: SamplerSettings,
    pins: Sequence[Pin],
    device: torch.device | str,
) -> Agreement:
    """How levels are brought into agreement for a codec.

    Raises:
        ZoomStackError: code ``bad_geometry``.
    """
    latent_size = codec.latent_size(size)
    in_pixels = PixelAgreement(placements, size, loop, settings, pins)
    if latent_size == size:
        return in_pixels
    block = size[0] // latent_size[0]
    if (latent_size[0] * block, latent_size[1] * block) != size:
        raise ZoomStackError(
            "bad_geometry",
            f"This model cannot make pictures of {size[0]}x{size[1]} pixels.",
            f"Choose sides that are multiples of {block}.",
        )
    nesting = footprints(placements, latent_size, loop)  # refuses what is too small
    latent_pins = [_latent_pin(pin, codec, latent_size, device) for pin in pins]
    children = _children(placements, loop)
    fits = fits_for(codec, placements, size, loop)
    best = min(fits, key=lambda fit: fit.unexplained, default=None)
    if best is None or (children and not all(fit.usable for fit in fits)):
        codec.not_fitted(max((fit.unexplained for fit in fits), default=1.0))
        gain = 1.0 if best is None else best.gain
        return UnfittedAgreement(codec, in_pixels, nesting, latent_pins, gain)
    fitted = latent_footprints(children, latent_size, size, fits[: len(children)])
    return LatentAgreement(codec, in_pixels, fitted, latent_pins, best, settings)


def fits_for(
    codec: Codec, placements: Sequence[Placement], size: tuple[int, int], loop: bool
) -> list[Fit]:
    """What is known of a codec of latents: a fit for each footprint, and another where none tells.

    How large latents are, the clock, is told by a fit of any factor. Empty where none can be had.

    Args:
        size: (width, height) of the pictures in pixels.
    """
    latent_size = codec.latent_size(size)
    asked = [
        (each.zoom_factor, is_aligned(each, latent_size)) for each in _children(placements, loop)
    ]
    fits = [codec.fit(factor, aligned, size) for factor, aligned in asked]
    if not any(fit is not None and fit.unexplained < 1.0 for fit in fits):
        fits.append(codec.fit(2.0, True, size))
    return [fit for fit in fits if fit is not None]


def _seen(
    codec: Codec, in_pixels: PixelAgreement, latents: torch.Tensor, sigma: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents brought into agreement in pixels, and how they look then."""
    before = codec.decode(latents)
    # A latent that the next level covers in part still holds what a kept level showed there.
    after = in_pixels.pixels(filled(before, in_pixels.nesting, in_pixels.pins), sigma)
    return codec.moved(latents, before, after), after


def _children(placements: Sequence[Placement], loop: bool) -> list[Placement]:
    return [*placements[1:], placements[0]] if loop else list(placements[1:])


def _latent_pin(
    pin: Pin, codec: Codec, latent_size: tuple[int, int], device: torch.device | str
) -> Pin:
    """A pin as the model samples it: what is given wholly of a block is given of its latent."""
    target = codec.encode(surrounded(pin.target, pin.mask)[None].to(device))[0]
    width, height = latent_size
    covered = torch.nn.functional.adaptive_avg_pool2d(pin.mask[None].float(), (height, width))[0]
    return Pin(pin.level, target, (covered >= _COVERED).to(pin.mask.dtype), pin.sampled)
