"""What a folder with a model looks like from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract.errors import ZoomStackError
from engine.contract.model_folder import (
    CONFIG_FILE,
    FAMILIES,
    INDEX_FILE,
    class_name,
    is_model,
)

SWIN2SR = "Swin2SRForImageSuperResolution"


def write(folder: Path, file: str, content: object) -> Path:
    (folder / file).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_an_index_names_a_model_of_any_class(tmp_path: Path) -> None:
    write(tmp_path, INDEX_FILE, {"_class_name": "FooPipeline"})
    assert class_name(tmp_path) == "FooPipeline"
    assert is_model(tmp_path)


def test_a_configuration_makes_a_model_only_of_a_known_class(tmp_path: Path) -> None:
    write(tmp_path, CONFIG_FILE, {"architectures": [SWIN2SR]})
    assert class_name(tmp_path) == SWIN2SR
    assert is_model(tmp_path)
    write(tmp_path, CONFIG_FILE, {"architectures": ["AnotherProgramsModel"]})
    assert not is_model(tmp_path)
    write(tmp_path, CONFIG_FILE, {"theme": "dark"})
    assert not is_model(tmp_path)


def test_the_index_comes_first(tmp_path: Path) -> None:
    write(tmp_path, CONFIG_FILE, {"architectures": [SWIN2SR]})
    write(tmp_path, INDEX_FILE, {"_class_name": "IFPipeline"})
    assert class_name(tmp_path) == "IFPipeline"


@pytest.mark.parametrize("content", [{}, [], {"_class_name": 3}, {"_class_name": ["a", "b"]}])
def test_a_damaged_index_is_named(tmp_path: Path, content: object) -> None:
    with pytest.raises(ZoomStackError, match=INDEX_FILE) as caught:
        class_name(write(tmp_path, INDEX_FILE, content))
    assert caught.value.code == "bad_model"
    assert is_model(tmp_path)  # somebody meant it to be one, and wants to know what is wrong


def test_an_empty_folder_is_none(tmp_path: Path) -> None:
    assert not is_model(tmp_path)
    with pytest.raises(ZoomStackError, match="holds no model"):
        class_name(tmp_path)


def test_some_families_make_pictures_and_others_enlarge_them() -> None:
    enlarging = {name for name, family in FAMILIES.items() if family.enlarges}
    assert enlarging == {"IFSuperResolutionPipeline", SWIN2SR}
