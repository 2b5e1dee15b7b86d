"""Looking through folders and the hub's cache, and remembering what was seen."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.models.library import library, walk
from engine.models.library.found import Found, Kind
from engine.models.library.library import Listing, look_through
from engine.models.library.walk import Walk
from tests.engine.models.library import layouts
from tests.engine.models.library.folders_on_disk import sdxl, write_json
from tests.engine.models.library.layouts import kohya, unet_layers
from tests.engine.models.library.sparse import Shapes, write_sparse

LORA = kohya(unet_layers(2048, 640, "lora_unet."))
LORA_15 = kohya(unet_layers(768, 640, "lora_unet."))


@pytest.fixture(autouse=True)
def hub(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the hub of the test's own, which is not there at first."""
    folder = tmp_path_factory.mktemp("hub") / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    return folder


def names(listing: Listing) -> list[str]:
    return [found.name for found in listing.found]


def by_name(listing: Listing) -> dict[str, Found]:
    return {found.name: found for found in listing.found}


def lora(path: Path, shapes: Shapes = LORA) -> Path:
    return write_sparse(path, shapes)


def mixed(root: Path) -> dict[str, tuple[Kind, str]]:
    """Thirty files and folders, and what is to be said of each: words of its problem, or none."""
    expected: dict[str, tuple[Kind, str]] = {}

    def file(name: str, shapes: Shapes, kind: Kind, words: str = "", **metadata: str) -> None:
        write_sparse(root / f"{name}.safetensors", shapes, **metadata)
        expected[name] = (kind, words)

    def raw(name: str, content: bytes, words: str) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
        expected[name.removesuffix(".safetensors")] = (Kind.OTHER, words)

    whole = layouts.checkpoint
    file("sd15/v1-5", whole("sd15"), Kind.MODEL)
    file("sd15/inpaint", whole("sd15") | {
        "model.diffusion_model.input_blocks.0.0.weight": (320, 9, 3, 3)
    }, Kind.MODEL, "is an inpainting model")  # fmt: skip
    file("sd2/v2", whole("sd2"), Kind.MODEL)
    file("sdxl/base", whole("sdxl"), Kind.MODEL)
    file("sdxl/vpred", whole("sdxl") | {"v_pred": ()}, Kind.MODEL)
    file("sdxl/трамвай 電車", whole("sdxl"), Kind.MODEL)
    file("sdxl/turbo", whole("sdxl"), Kind.MODEL)
    file("sdxl/unet", layouts.only(whole("sdxl"), "model.diffusion_model."), Kind.MODEL,
         "without its first text encoder")  # fmt: skip
    file("flux", layouts.FLUX1_MODEL, Kind.MODEL, "is FLUX.1 in a single file")
    file("sd3", layouts.SD3_MODEL, Kind.MODEL, "is Stable Diffusion 3.5 in a single file")
    file("wan", layouts.WAN_MODEL, Kind.MODEL, "is a video model")
    file("sound", layouts.AUDIO_MODEL, Kind.MODEL, "is a model for sound")
    file("model", LORA, Kind.LORA)  # as it is called by many trainers
    file("loras/old", LORA_15, Kind.LORA)
    file("loras/wan", layouts.peft({"diffusion_model.blocks.0.self_attn.q": (5120, 5120)}),
         Kind.LORA, "is a LoRA for Wan video")  # fmt: skip
    file("vae", layouts.VAE, Kind.OTHER, "is a VAE")
    file("t5", layouts.T5, Kind.OTHER, "is a text encoder")
    file("control", layouts.CONTROLNET, Kind.OTHER, "is a ControlNet")
    file("ip", layouts.IP_ADAPTER, Kind.OTHER, "is an IP-Adapter")
    file("words", layouts.EMBEDDING, Kind.OTHER, "is a textual-inversion embedding")
    file("x4", layouts.ESRGAN, Kind.OTHER, "is an upscaler")
    raw("renamed.safetensors", pickle.dumps({}), "is a pickle file")
    raw("old.ckpt", b"PK\x03\x04archive/data.pkl", "is a pickle file")
    raw("q4.gguf", b"GGUF" + b"\0" * 600, "is a GGUF file")
    raw("empty.safetensors", b"", "is empty")
    raw("page.safetensors", b"<html>" * 200, "is a web page")
    write_sparse(root / "cut.safetensors", whole("sdxl"))
    os.truncate(root / "cut.safetensors", 10**6)
    expected["cut"] = (Kind.OTHER, "is cut short: it has 1,000,000 of its 6,9")
    (root / "gone.safetensors").symlink_to("nowhere")
    expected["gone"] = (Kind.OTHER, "is a link to nowhere, which is not there")
    sdxl(root / "My Model")
    expected["My Model"] = (Kind.MODEL, "")
    sdxl(root / "deep/Broken")
    shutil.rmtree(root / "deep/Broken/vae")
    expected["deep/Broken"] = (Kind.MODEL, "lacks its part 'vae'")
    return expected


def test_thirty_mixed_files_each_have_their_sentence(tmp_path: Path) -> None:
    expected = mixed(tmp_path)
    assert len(expected) == 30
    listing = look_through([tmp_path])
    assert listing.problems == ()
    found = by_name(listing)
    assert set(found) == set(expected)
    for name, (kind, words) in expected.items():
        assert found[name].kind is kind, name
        assert bool(found[name].problem) == bool(words), found[name].problem
        assert words in found[name].problem
    assert [name for name, each in found.items() if each.draft] == ["sdxl/turbo"]


def test_what_was_seen_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed(tmp_path / "models")
    cache = tmp_path / "below" / "seen.json"
    first = look_through([tmp_path / "models"], cache)

    def refuse(*_: object) -> Found:
        raise AssertionError("looked again")

    for what in ("inspect_file", "inspect_folder"):
        monkeypatch.setattr(library, what, refuse)
    written = cache.stat().st_mtime_ns
    assert look_through([tmp_path / "models"], cache) == first
    assert cache.stat().st_mtime_ns == written
    assert list(cache.parent.iterdir()) == [cache]


@pytest.mark.parametrize(
    "change",
    [
        lambda m: write_sparse(m / "a.safetensors", layouts.VAE),
        lambda m: (m / "a.safetensors").unlink(),
        lambda m: os.truncate(m / "a.safetensors", 100),
        lambda m: lora(m / "b.safetensors"),
        lambda m: (m / "f/unet/diffusion_pytorch_model.safetensors").unlink(),
        lambda m: os.truncate(m / "f/unet/diffusion_pytorch_model.safetensors", 20),
        lambda m: write_json(m / "f/unet/config.json", {"in_channels": 9}),
        lambda m: write_json(m / "f/model_index.json", {"_class_name": "WanPipeline"}),
        lambda m: (m / "f").rename(m / "f turbo"),
    ],
)
def test_what_changed_is_looked_at_again(tmp_path: Path, change: Callable[[Path], object]) -> None:
    cache, models = tmp_path / "seen.json", tmp_path / "models"
    lora(models / "a.safetensors")
    sdxl(models / "f")
    before = look_through([models], cache)
    change(models)
    after = look_through([models], cache)
    assert after == look_through([models])
    assert after != before


def test_another_file_of_the_same_size_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "models/a.safetensors"
    cache = tmp_path / "seen.json"
    drafts = []
    for age, title in enumerate(("plain", "turbo")):
        write_sparse(path, LORA, **{"modelspec.title": title})
        os.utime(path, (1e9 + age, 1e9 + age))
        [found] = look_through([tmp_path / "models"], cache).found
        drafts.append((found.draft, found.size))
    assert drafts == [(False, drafts[0][1]), (True, drafts[0][1])]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"seen": 5}', b"[" * 10**5])
def test_a_damaged_memory_is_none(tmp_path: Path, content: bytes) -> None:
    lora(tmp_path / "models/a.safetensors")
    cache = tmp_path / "seen.json"
    cache.write_bytes(content)
    assert names(look_through([tmp_path / "models"], cache)) == ["a"]
    assert names(look_through([tmp_path / "models"], cache)) == ["a"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other thing"}, {"name": 5}, {"native_size": [1]}, {"native_size": "ab"},
        {"size": None}, {"unknown": 1}, {"path": []},
    ],
)  # fmt: skip
def test_a_damaged_entry_is_looked_at_again(tmp_path: Path, change: dict[str, object]) -> None:
    path = lora(tmp_path / "models/a.safetensors")
    cache = tmp_path / "seen.json"
    expected = look_through([tmp_path / "models"], cache)
    content = json.loads(cache.read_text())
    content["seen"][str(path)][1] |= change
    cache.write_text(json.dumps(content))
    assert look_through([tmp_path / "models"], cache) == expected


def test_other_rules_remember_nothing(tmp_path: Path) -> None:
    path = lora(tmp_path / "models/a.safetensors")
    cache = tmp_path / "seen.json"
    look_through([tmp_path / "models"], cache)
    content = json.loads(cache.read_text())
    content["seen"][str(path)][1]["title"] = "as it was seen before"
    cache.write_text(json.dumps(content))
    assert look_through([tmp_path / "models"], cache).found[0].title == "as it was seen before"
    cache.write_text(json.dumps(content | {"rules": "others"}))
    assert look_through([tmp_path / "models"], cache).found[0].title.startswith("LoRA for")


def test_a_memory_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    lora(tmp_path / "models/a.safetensors")
    (tmp_path / "file").touch()
    assert names(look_through([tmp_path / "models"], tmp_path / "file/seen.json")) == ["a"]


def test_links_lead_nowhere_twice(tmp_path: Path) -> None:
    lora(tmp_path / "real/a.safetensors")
    (tmp_path / "real/back").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "real")
    (tmp_path / "itself").symlink_to("itself")
    assert [each.name for each in Walk(tmp_path)] == ["again/a"]
    listing = look_through([tmp_path])
    assert names(listing) == ["again/a"]
    assert listing.problems == ()


def test_hidden_folders_and_those_of_programs_are_not_entered(tmp_path: Path) -> None:
    for folder in (".git", ".cache", "venv", "python_embeded", "node_modules", "kept"):
        lora(tmp_path / folder / "a.safetensors")
    lora(tmp_path / ".hidden.safetensors")
    assert names(look_through([tmp_path])) == ["kept/a"]


def test_data_of_other_programs_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"\0" * 100)
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "weights.bin").write_bytes(pickle.dumps({}))
    write_json(tmp_path / "settings/config.json", {"a": 1})
    assert names(look_through([tmp_path])) == ["weights.bin"]


def test_a_folder_that_is_called_like_a_file_is_named(tmp_path: Path) -> None:
    lora(tmp_path / "x.safetensors/inside.safetensors")
    found = by_name(look_through([tmp_path]))
    assert found["x"].problem == "x.safetensors is a folder, not a file."
    assert found["x.safetensors/inside"].problem == ""


def test_a_model_may_be_named_itself(tmp_path: Path) -> None:
    assert names(look_through([sdxl(tmp_path / "My Model")])) == ["My Model"]


def test_a_folder_that_is_not_there_or_not_readable_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora(tmp_path / "models/a.safetensors")
    (tmp_path / "models/locked").mkdir()
    scan = os.scandir

    def refuse(folder: Path) -> object:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(walk.os, "scandir", refuse)
    listing = look_through([tmp_path / "absent", tmp_path / "models"])
    assert names(listing) == ["a"]
    assert listing.problems == (
        f"The model folder {tmp_path / 'absent'} is not there.",
        f"{tmp_path / 'models/locked'} cannot be read: Permission denied.",
    )


def test_a_folder_with_too_much_in_it_is_left_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_MOST_ENTRIES", 5)
    for number in range(9):
        lora(tmp_path / f"{number}.safetensors")
    listing = look_through([tmp_path])
    assert names(listing) == ["0", "1", "2", "3"]
    assert "has more than 5 files: the rest is left out" in listing.problems[0]


def test_two_of_a_name_are_told_apart(tmp_path: Path) -> None:
    lora(tmp_path / "one/a.safetensors")
    lora(tmp_path / "two/a.safetensors")
    lora(tmp_path / "three/two/a.safetensors")
    listing = look_through([tmp_path / "one", tmp_path / "two", tmp_path / "three/two"])
    assert names(listing) == ["a", "two/a", str(tmp_path / "three/two/a.safetensors")]


def test_a_folder_that_is_reached_twice_is_listed_once(tmp_path: Path) -> None:
    lora(tmp_path / "models/loras/a.safetensors")
    write_sparse(tmp_path / "models/checkpoints/b.safetensors", layouts.checkpoint("sd15"))
    sdxl(tmp_path / "models/My Model")
    (tmp_path / "link").symlink_to(tmp_path / "models/loras")
    listing = look_through([tmp_path, tmp_path / "models/loras", tmp_path / "link"])
    assert names(listing) == ["b", "a", "My Model"]


def test_two_names_for_a_file_are_two(tmp_path: Path) -> None:
    lora(tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").symlink_to("a.safetensors")
    assert names(look_through([tmp_path])) == ["a", "b"]


def as_in_hub(hub: Path, name: str, revision: str, main: bool = True) -> Path:
    """A snapshot whose weights are links to blobs, as the hub's library lays them out."""
    repository = hub / f"models--{name.replace('/', '--')}"
    snapshot = sdxl(repository / "snapshots" / revision)
    blobs = repository / "blobs"
    blobs.mkdir(exist_ok=True)
    for number, file in enumerate(sorted(snapshot.glob("*/*.safetensors"))):
        blob = file.rename(blobs / f"{revision}{number}")
        file.symlink_to(os.path.relpath(blob, file.parent))
    if main:
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs/main").write_text(revision)
    return snapshot


def test_models_in_the_hubs_cache_are_called_as_on_the_hub(hub: Path) -> None:
    as_in_hub(hub, "org/sdxl", "abc")
    as_in_hub(hub, "org/sdxl-turbo", "def")
    found = by_name(look_through([]))
    assert list(found) == ["org/sdxl", "org/sdxl-turbo"]
    assert all(each.problem == "" for each in found.values())
    assert [each.draft for each in found.values()] == [False, True]


def test_a_download_that_has_not_ended_gives_way_to_a_whole_state(hub: Path) -> None:
    main = as_in_hub(hub, "org/m", "new")
    (main / "unet/diffusion_pytorch_model.safetensors").unlink()
    assert "org/m has no weights" in look_through([]).found[0].problem
    old = as_in_hub(hub, "org/m", "old", main=False)
    [found] = look_through([]).found
    assert (found.path, found.problem) == (old, "")


def test_checkpoints_and_loras_in_the_hubs_cache_are_found_and_parts_are_not(hub: Path) -> None:
    snapshot = as_in_hub(hub, "org/m", "abc")
    write_sparse(snapshot / "m_1.0.safetensors", layouts.checkpoint("sdxl"))
    styles = hub / "models--org--styles/snapshots/abc"
    lora(styles / "pytorch_lora_weights.safetensors")
    write_sparse(hub / "models--org--t5/snapshots/abc/model.safetensors", layouts.T5)
    found = by_name(look_through([]))
    assert {name: each.kind for name, each in found.items()} == {
        "org/m": Kind.MODEL,
        "org/m/m_1.0": Kind.MODEL,
        "org/styles/pytorch_lora_weights": Kind.LORA,
    }


def test_an_absent_cache_of_the_hub_is_no_problem(hub: Path) -> None:
    assert not hub.exists()
    assert look_through([]) == Listing(())
