"""The exact worlds of ``worlds`` as a model of latents sees them.

The codec is an orthonormal cosine transform of blocks, of whose coefficients some are kept, with or
without a nonlinear error of its own. The best estimate of latents in white noise is then known: at
each frequency of the grid of blocks the coefficients are jointly Gaussian.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from engine.method.blending import cosines
from engine.method.codec import Codec, LatentCodec
from engine.method.latent_footprint import Fit

from .worlds import MeanPrior, spectrum

_FITS: dict[tuple[object, ...], Fit] = {}


@dataclass(frozen=True)
class BlockCode:
    """Which codec.

    Attributes:
        side: pixels of a block, to each side.
        kept: how many of its side * side coefficients, slow ones first.
        error: of decoder and encoder, neither linear nor undone by one another.
    """

    side: int = 4
    kept: int = 16
    error: float = 0.0

    @property
    def is_whole(self) -> bool:
        return self.kept == self.side**2

    def waves(self) -> torch.Tensor:
        """(kept, side, side), orthonormal; the first is constant."""
        one = cosines(self.side)
        every = torch.einsum("ai,bj->abij", one, one).flatten(0, 1)
        order = sorted(
            range(self.side**2), key=lambda c: ((c // self.side) ** 2 + (c % self.side) ** 2, c)
        )
        return every[order[: self.kept]]


class BlockCodec(LatentCodec):
    """The codec; independent samples ("seeds") are carried as groups of channels.

    Args:
        code: see there.
        colours: pictures have three equal colours in the place of seeds, as a fit wants them.
    """

    def __init__(self, code: BlockCode, colours: bool = False) -> None:
        self.code = code
        self._colours = colours
        self._waves = code.waves().float()

    def latent_size(self, size: tuple[int, int]) -> tuple[int, int]:
        return size[0] // self.code.side, size[1] // self.code.side

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, seeds, H, W) to (N, seeds * kept, h, w)."""
        if self._colours:
            pixels = pixels.mean(1, keepdim=True)
        if self.code.error:
            moved = torch.roll(pixels, 1, -1) - pixels
            pixels = pixels + self.code.error * (moved + 0.5 * torch.tanh(pixels))
        return self.transformed(pixels)

    def transformed(self, pixels: torch.Tensor) -> torch.Tensor:
        """``encode`` without its error."""
        count, seeds, height, width = pixels.shape
        side = self.code.side
        blocks = pixels.reshape(count, seeds, height // side, side, width // side, side)
        latents = torch.einsum("nsyixj,kij->nskyx", blocks, self._waves)
        return latents.flatten(1, 2)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """(N, seeds * kept, h, w) to (N, seeds, H, W)."""
        count, _, height, width = latents.shape
        own = latents.reshape(count, -1, self.code.kept, height, width)
        blocks = torch.einsum("nskyx,kij->nsyixj", own, self._waves)
        side = self.code.side
        pixels = blocks.reshape(count, own.shape[1], height * side, width * side)
        if self.code.error:
            pixels = pixels + 0.5 * self.code.error * torch.tanh(2.0 * pixels)
        return pixels

    def fit(self, factor: float, aligned: bool, size: tuple[int, int]) -> Fit:
        """Of one sample; the same for all worlds."""
        key = (self.code, factor, aligned, size)
        if key not in _FITS:
            single = self if self._colours else BlockCodec(self.code, colours=True)
            _FITS[key] = LatentCodec.fit(single, factor, aligned, size)
        return _FITS[key]


class LatentWorld:
    """The exact denoiser of a stack of fields in latents; see ``engine.method.denoiser``.

    Args:
        priors: of each level's mean.
        side: pixels of the square levels, to each side.
        seeds: independent samples.
    """

    def __init__(self, code: BlockCode, priors: Sequence[MeanPrior], side: int, seeds: int) -> None:
        self.codec: Codec = BlockCodec(code)
        self.channels = seeds * code.kept
        self.priors = list(priors)
        self.x0 = torch.empty(0)
        self._code, self._side = code, side
        self._values, self._vectors = _eigen(code, side)

    def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """The posterior mean, (N, seeds * kept, h, w)."""
        count, _, height, width = z.shape
        noise = float(sigma[0])
        own = z.reshape(count, -1, self._code.kept, height, width)
        seen = torch.fft.fft2(own, norm="ortho").permute(3, 4, 2, 0, 1)
        share = (self._values / (self._values + noise**2)).to(self._vectors.dtype)
        gain = (self._vectors * share[..., None, :]) @ self._vectors.conj().mT
        best = gain @ seen.reshape(height, width, self._code.kept, -1)
        best = best.reshape(seen.shape).permute(3, 4, 2, 0, 1)
        field = torch.fft.ifft2(best, norm="ortho").real.contiguous()
        for level, prior in enumerate(self.priors):
            mean = own[level, :, 0].mean(dim=(-2, -1)) / self._code.side
            known = _known_mean(mean, noise / self._side, prior)
            field[level, :, 0] += self._code.side * known[:, None, None]
        self.x0 = field.flatten(1, 2)
        return self.x0


def _known_mean(seen: torch.Tensor, noise: float, prior: MeanPrior) -> torch.Tensor:
    """E[mean | seen = mean + noise], (seeds,)."""
    spread = prior.deviation**2 + noise**2
    modes = torch.tensor(prior.modes, dtype=seen.dtype)
    weights = torch.softmax(-((seen[:, None] - modes) ** 2) / (2 * spread), dim=1)
    within = modes + (seen[:, None] - modes) * (prior.deviation**2 / spread)
    return (weights * within).sum(dim=1)


def _eigen(code: BlockCode, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues (h, w, kept) and vectors of the coefficients' covariance at each frequency.

    A block's coefficient is a filtered picture, sampled once a block: frequencies that differ by a
    multiple of the grid's fall onto one another.
    """
    blocks, length = side // code.side, code.side
    turns = torch.exp(
        2j * math.pi / side * torch.arange(side)[:, None] * torch.arange(length)[None]
    ).to(torch.complex128)
    waves = code.waves().to(torch.complex128)
    seen = torch.einsum("cij,yi,xj->cyx", waves, turns, turns)
    folded = torch.arange(blocks)[:, None] + blocks * torch.arange(length)[None]
    response = seen[:, folded][:, :, :, folded]
    power = spectrum(side, side).to(torch.complex128)[folded][:, :, folded]
    covariance = torch.einsum("cyaxb,dyaxb,yaxb->yxcd", response, response.conj(), power)
    values, vectors = torch.linalg.eigh(covariance / length**2)
    return values.clamp(min=0.0).float(), vectors.to(torch.complex64)
