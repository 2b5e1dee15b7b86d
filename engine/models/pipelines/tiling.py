"""VAEs of diffusers that code a picture in tiles, which are too large as they begin.

An ``AutoencoderKL`` takes the pictures that it was trained on as its tile, so nothing would be cut.
"""

from __future__ import annotations

from typing import Any

_FIRST = 512  # pixels of a tile's side
_LEAST = 128
#: What counts tiles in pixels: the side, or height and width, and how far they lie apart.
_SIDES = ("tile_sample_min_size", "tile_sample_min_height", "tile_sample_min_width")
_STRIDES = ("tile_sample_stride_height", "tile_sample_stride_width")
_APART = 0.75  # of a tile's side; the rest overlaps


def smaller_tiles(vae: Any) -> bool:
    """Have pictures coded in tiles, or in tiles of half the side.

    Returns:
        Whether that could be done.
    """
    sides = [name for name in _SIDES if hasattr(vae, name)]
    if not hasattr(vae, "enable_tiling") or not sides:
        return False
    side = min(getattr(vae, name) for name in sides)
    if getattr(vae, "use_tiling", False):
        side //= 2
    else:
        vae.enable_tiling()
        side = min(side, _FIRST)
    if side < _LEAST:
        return False
    for name in sides:
        setattr(vae, name, side)
    for name in _STRIDES:
        if hasattr(vae, name):
            setattr(vae, name, int(side * _APART))
    if hasattr(vae, "tile_latent_min_size"):
        vae.tile_latent_min_size = side // 2 ** (len(vae.config.block_out_channels) - 1)
    return True
