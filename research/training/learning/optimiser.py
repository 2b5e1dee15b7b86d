"""Muon for the weights that are matrices, AdamW for the rest.

Muon (Jordan et al. 2024): momentum, then the update's singular values are all brought near one, so
that the rare directions of a layer learn as fast as the common ones. A convolution's weight counts
as the matrix (out, in * height * width). Updates are scaled to AdamW's size (Liu et al. 2025,
"Muon is scalable for LLM training"), so that one learning rate serves both.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

MOMENTUM = 0.95
EMBEDDING_SCALE = 20.0
"""T5's embeddings begin with a standard deviation of 1, other weights with a thirtieth: at one rate
for all, a new word's row has hardly moved when the training ends."""

_OUTER = ("conv_in", "conv_out", "token_embedding", "position_embedding")
"""In the names of weights that are matrices and no inner ones. CLIP's embeddings begin as small as
other weights and need no scale."""


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for weights of two or more axes."""

    def __init__(
        self, weights: Iterable[torch.nn.Parameter], lr: float, weight_decay: float
    ) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    # No closure: nothing here evaluates the loss again, which torch's other optimisers can.
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            # Matrices of one shape together: their many small products cost most by their number.
            alike: dict[tuple[int, int], list[tuple[torch.nn.Parameter, torch.Tensor]]] = {}
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"]
                momentum.lerp_(weight.grad, 1 - MOMENTUM)
                update = weight.grad.lerp(momentum, MOMENTUM)
                matrix = update.reshape(len(update), -1)
                alike.setdefault((len(matrix), matrix.shape[1]), []).append((weight, matrix))
            for (rows, columns), weights in alike.items():
                directions = orthogonal(torch.stack([matrix for _, matrix in weights]))
                for (weight, _), direction in zip(weights, directions, strict=True):
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    step = -0.2 * max(rows, columns) ** 0.5 * group["lr"]
                    weight.add_(direction.view(weight.shape), alpha=step)


def orthogonal(matrices: torch.Tensor, rounds: int = 5) -> torch.Tensor:
    """The nearest matrices whose singular values are about one, by Newton-Schulz in bfloat16.

    Args:
        matrices: (..., rows, columns).
    """
    x = matrices.bfloat16()
    turned = x.shape[-2] > x.shape[-1]
    if turned:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(rounds):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    nearest: torch.Tensor = x.mT if turned else x
    return nearest.to(matrices.dtype)


def build_optimisers(
    module: torch.nn.Module, rate: float, weight_decay: float = 0.01
) -> list[torch.optim.Optimizer]:
    """Muon for the inner matrices; AdamW for embeddings, first and last layers, norms, biases.

    A group's learning rate is multiplied with its ``scale``, where it has one.
    """
    matrices: list[torch.nn.Parameter] = []
    others: list[torch.nn.Parameter] = []
    rows: list[torch.nn.Parameter] = []
    for name, weight in module.named_parameters():
        if any(part in name for part in ("shared", "embed_tokens")):
            rows.append(weight)
        else:
            outer = any(part in name for part in _OUTER)
            (others if outer or weight.ndim < 2 else matrices).append(weight)
    adam = [{"params": others, "scale": 1.0}]
    if rows:
        adam.append({"params": rows, "scale": EMBEDDING_SCALE})
    optimisers = [
        Muon(matrices, rate, weight_decay),
        torch.optim.AdamW(adam, lr=rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True),
    ]
    set_rate(optimisers, rate)
    return optimisers


def set_rate(optimisers: Iterable[torch.optim.Optimizer], rate: float) -> None:
    """A learning rate for all groups, each by its own scale."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
