"""A ``.safetensors`` file from which single tensors are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from ...contract.errors import ZoomStackError


class WeightsFile:
    """The file stays on the disk: a tensor takes memory when it is used.

    Args:
        path: of the file.
        called: what complaints call it, such as ``the model "a.safetensors"``.

    Raises:
        ZoomStackError: code ``bad_model``: absent, no safetensors file, or cut short.
    """

    def __init__(self, path: Path, called: str) -> None:
        from safetensors import SafetensorError

        self.path = path
        self.called = called
        try:
            self._file = _opened(path)
            self._slices = {name: self._file.get_slice(name) for name in self._file.keys()}  # noqa: SIM118 - no dict
        except SafetensorError as error:
            raise self.complaint(
                f"is no whole safetensors file ({error})", "Download it again."
            ) from error
        except OSError as error:
            raise self.complaint(
                f"cannot be read: {error.strerror or 'there is no such file'}",
                f"Check the file {path}.",
            ) from error

    @property
    def metadata(self) -> dict[str, str]:
        """What the file's author wrote into its header."""
        return self._file.metadata() or {}

    @property
    def names(self) -> list[str]:
        """Of all tensors."""
        return list(self._slices)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor, from the header."""
        return tuple(self._slices[name].get_shape())

    def is_floating(self, name: str) -> bool:
        """Whether a tensor holds numbers with a point, from the header."""
        return str(self._slices[name].get_dtype()).startswith(("F", "BF"))

    def tensor(self, name: str, dtype: torch.dtype | None = None) -> torch.Tensor:
        """A tensor, as it lies in the file or in another precision."""
        tensor: torch.Tensor = self._file.get_tensor(name)
        return tensor if dtype is None else tensor.to(dtype)

    def complaint(self, what: str, hint: str) -> ZoomStackError:
        """An error about this file.

        Args:
            what: the rest of the sentence that begins with what it is called, without the stop.
        """
        sentence = f"{self.called[0].upper()}{self.called[1:]} {what}."
        return ZoomStackError("bad_model", sentence, hint)


def _opened(path: Path) -> Any:
    from safetensors import safe_open

    return safe_open(path, framework="pt")
