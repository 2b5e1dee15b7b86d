"""Where models are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.models.library.places import hub_cache, places_of, snapshots


def folders(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True)


def deep(named: Path) -> list[str]:
    """The folders that are looked through with all below them, from the named one on."""
    places, problems = places_of(named)
    assert problems == []
    return [os.path.relpath(place.folder, named) for place in places if place.deep]


def test_the_folders_of_comfyui(tmp_path: Path) -> None:
    folders(tmp_path / "models", "checkpoints", "loras", "diffusion_models", "vae", "clip", "unet")
    expected = ["models/checkpoints", "models/diffusion_models", "models/unet", "models/loras"]
    assert deep(tmp_path) == expected
    assert deep(tmp_path / "models") == [path.removeprefix("models/") for path in expected]


def test_the_folders_of_a1111_and_forge(tmp_path: Path) -> None:
    folders(tmp_path / "models", "Stable-diffusion", "Lora", "LyCORIS", "VAE", "ESRGAN")
    assert deep(tmp_path) == ["models/Stable-diffusion", "models/Lora", "models/LyCORIS"]


def test_the_folders_of_invokeai(tmp_path: Path) -> None:
    folders(tmp_path / "models", "sdxl/main", "sdxl/lora", "sdxl/vae", "sd-1/main", "any/clip")
    assert deep(tmp_path) == ["models/sd-1/main", "models/sdxl/main", "models/sdxl/lora"]


def test_models_beside_a_programs_folders_are_seen_too(tmp_path: Path) -> None:
    folders(tmp_path / "models", "checkpoints", "My Model")
    places, _ = places_of(tmp_path)
    assert [place.folder for place in places if not place.deep] == [tmp_path / "models"]


@pytest.mark.parametrize("name", ["loras", "My Model", "models/mine"])
def test_any_other_folder_is_looked_through_whole(tmp_path: Path, name: str) -> None:
    folders(tmp_path, name)
    assert deep(tmp_path) == ["."]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").touch()
    places, problems = places_of(tmp_path / "m.safetensors")
    assert places == []
    assert problems == [f"{tmp_path / 'm.safetensors'} is a file. Name the folder that it lies in."]


YAML = """
#comment
comfyui:
    base_path: {base}/ComfyUI
    is_default: true
    checkpoints: models/checkpoints/
    loras: |
        models/loras

        {base}/elsewhere/loras
    vae: models/vae
    custom_nodes: custom_nodes
a111:
    base_path: ~/webui
    checkpoints: models/Stable-diffusion
    loras:
        - models/Lora
        - models/LyCORIS
relative:
    base_path: below
    diffusion_models: flux
without:
    checkpoints: $ZOOM_STACK_TEST/here
empty:
"""


def test_what_comfyui_is_told_besides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    monkeypatch.setenv("ZOOM_STACK_TEST", "/big")
    folders(tmp_path, "models/checkpoints")
    file = tmp_path / "extra_model_paths.yaml"
    file.write_text(YAML.replace("{base}", "/data"), encoding="utf-8")
    expected = [
        Path(path)
        for path in (
            "/data/ComfyUI/models/checkpoints",
            "/data/ComfyUI/models/loras",
            "/data/elsewhere/loras",
            "/home/me/webui/models/Stable-diffusion",
            "/home/me/webui/models/Lora",
            "/home/me/webui/models/LyCORIS",
            str(tmp_path / "below/flux"),
            "/big/here",
        )
    ]
    places, problems = places_of(tmp_path)
    assert problems == []
    own = [tmp_path / "models/checkpoints", tmp_path / "models"]
    assert [place.folder for place in places] == own + expected
    assert {place.owner for place in places} == {tmp_path}
    places, problems = places_of(file)
    assert [place.folder for place in places] == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a: [", "it is not valid YAML"),
        (b"- a\n- b\n", "it has no sections"),
        (b"just words", "it has no sections"),
        (b"a: 2024-13-45", "it is not valid YAML"),
        (b"\xff\xfe\x00", "it is not valid YAML"),
        (b"!!python/object/apply:os.system ['true']", "it is not valid YAML"),
        (b"[" * 5000, "it is not valid YAML"),
        (b"#" * (2**20 + 1), "it is larger than 1 MiB"),
    ],
    ids=["open", "list", "text", "date", "encoding", "object", "deep", "long"],
)
def test_a_bad_list_of_folders_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "extra_model_paths.yaml"
    file.write_bytes(content)
    places, problems = places_of(tmp_path)
    assert problems == [f"{file} cannot be used: {words}. Correct it, or remove it."]
    assert [place.folder for place in places] == [tmp_path]


@pytest.mark.parametrize("content", ["", "a: 1", "a: {checkpoints: 5, loras: {b: c}, unet: }"])
def test_a_list_without_folders_adds_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "extra_model_paths.yaml").write_text(content)
    assert deep(tmp_path) == ["."]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HF_HUB_CACHE": "/a", "HF_HOME": "/b"}, "/a"),
        ({"HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/b"}, "/c"),
        ({"HF_HOME": "/b"}, "/b/hub"),
        ({"HF_HOME": "~/b"}, "/home/me/b/hub"),
        ({"XDG_CACHE_HOME": "/d"}, "/d/huggingface/hub"),
        ({}, "/home/me/.cache/huggingface/hub"),
    ],
)
def test_the_hubs_cache_is_where_its_library_puts_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    names = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    for name, value in (variables | {"HOME": "/home/me", "USERPROFILE": "/home/me"}).items():
        monkeypatch.setenv(name, value)
    assert hub_cache() == Path(expected)


def test_the_state_of_main_comes_first_then_the_newest(tmp_path: Path) -> None:
    repository = tmp_path / "models--org--a--name"
    folders(repository / "snapshots", "old", "main", "new")
    folders(repository, "refs")
    folders(tmp_path, "datasets--org--data/snapshots/x", "models--gpt2/snapshots/x", ".locks")
    for age, name in enumerate(("new", "main", "old")):
        os.utime(repository / "snapshots" / name, (1e9 - age, 1e9 - age))
    (repository / "refs/main").write_text("main\n")
    found = {name: [state.name for state in states] for name, states in snapshots(tmp_path)}
    assert found == {"gpt2": ["x"], "org/a--name": ["main", "new", "old"]}
    (repository / "refs/main").write_text("gone")
    states = dict(snapshots(tmp_path))["org/a--name"]
    assert [state.name for state in states] == ["new", "main", "old"]
    assert list(snapshots(tmp_path / "absent")) == []
