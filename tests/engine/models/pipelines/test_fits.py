"""What is fitted to a model's VAE, kept on the disk, and said where it is no good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import AutoencoderKL
from safetensors.torch import load_file, save_file

from engine.contract.geometry import Placement
from engine.contract.job import SamplerSettings
from engine.machine.noticing import noticed
from engine.method.sampler import sample
from engine.models.cache_folder import cache_folder
from engine.models.pipelines.codec import VaeCodec
from engine.models.pipelines.fits import read_fit

SIZE = (64, 64)


@pytest.fixture
def vae(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AutoencoderKL:
    monkeypatch.setenv("ZOOM_STACK_CACHE", str(tmp_path / "cache"))
    torch.manual_seed(1)
    return AutoencoderKL(
        block_out_channels=(8, 8), norm_num_groups=4, latent_channels=4, sample_size=64,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    ).eval()  # fmt: skip


def kept_files() -> list[Path]:
    return list((cache_folder() / "fits").iterdir())


def test_a_fit_is_kept_beside_the_revision(
    vae: AutoencoderKL, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE)
    (file,) = kept_files()
    kept = read_fit(file)
    assert kept is not None
    assert torch.equal(kept.reduce, made.reduce)
    assert torch.equal(kept.enlarge, made.enlarge)
    assert (kept.gain, kept.unexplained) == (made.gain, made.unexplained)
    with monkeypatch.context() as unasked:
        unasked.setattr(VaeCodec, "encode", None)
        again = VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE)
    assert torch.equal(again.reduce, made.reduce)
    VaeCodec(vae, 2, "weights-2").fit(2.0, True, SIZE)
    assert len(kept_files()) == 2


def cut(file: Path, _other: Path) -> None:
    file.write_bytes(file.read_bytes()[:200])


def zeroed(file: Path, _other: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-500] + bytes(500))


def anothers(file: Path, other: Path) -> None:
    file.write_bytes(other.read_bytes())


def emptied(file: Path, _other: Path) -> None:
    file.write_bytes(b"")


def unlabelled(file: Path, _other: Path) -> None:
    save_file(load_file(file), file)


def turned_into_a_folder(file: Path, _other: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "damage", [cut, zeroed, anothers, emptied, unlabelled, turned_into_a_folder]
)
def test_a_damaged_fit_is_made_again(
    vae: AutoencoderKL, damage: Callable[[Path, Path], None]
) -> None:
    made = VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE)
    (file,) = kept_files()
    VaeCodec(vae, 2, "weights-2").fit(4.0, True, SIZE)
    (other,) = set(kept_files()) - {file}
    damage(file, other)
    assert read_fit(file) is None
    assert torch.equal(VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE).reduce, made.reduce)
    assert damage is turned_into_a_folder or read_fit(file) is not None


def test_what_decides_its_last_digits_has_a_fit_of_its_own(vae: AutoencoderKL) -> None:
    threads = torch.get_num_threads()
    VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE)
    try:
        torch.set_num_threads(threads + 1)
        VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE)
    finally:
        torch.set_num_threads(threads)
    assert len(kept_files()) == 2


def test_a_folder_that_cannot_be_written_does_not_stop_it(
    vae: AutoencoderKL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "a_file"
    blocked.write_text("")
    monkeypatch.setenv("ZOOM_STACK_CACHE", str(blocked))
    assert VaeCodec(vae, 2, "weights-1").fit(2.0, True, SIZE).gain > 0.0


@pytest.mark.parametrize("most", [0.0, 1.0])
def test_a_poor_fit_says_so_and_pixels_are_seen_in_every_round(
    vae: AutoencoderKL, monkeypatch: pytest.MonkeyPatch, most: float
) -> None:
    monkeypatch.setattr("engine.method.latent_footprint._MOST_UNEXPLAINED", most)
    decoded = []

    class Latents:
        channels = 4
        codec = VaeCodec(vae, 2)

        def predict_x0(self, z: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
            return z / (1.0 + sigma.view(-1, 1, 1, 1) ** 2)

    original = VaeCodec.decode

    def decode(codec: VaeCodec, latents: torch.Tensor) -> torch.Tensor:
        decoded.append(len(latents))
        return original(codec, latents)

    monkeypatch.setattr(VaeCodec, "decode", decode)
    told: list[str] = []
    settings = SamplerSettings(steps=12)
    with noticed(told.append):
        levels = sample(
            Latents(), [Placement(), Placement(2.0)], size=SIZE, seed=1, settings=settings
        )
    assert levels.isfinite().all()
    assert len(decoded) == (12 if most == 0.0 else 6)
    assert len(told) == (1 if most == 0.0 else 0)
