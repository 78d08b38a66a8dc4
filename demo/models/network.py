"""A loaded network, as the zoo keeps it: one callable and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from demo.errors import BackendError
from demo.models.posterior import Posterior
from demo.schema import ClassSet, Image


@dataclass(frozen=True, eq=False)
class Opened:
    """One photo as a network takes it, and the network from there on, for whoever asks for gradients."""

    inputs: Tensor
    """(1, 3, h, w): normalised and padded, all windows of it."""
    scores: Callable[[Tensor], Tensor]
    """One window (1, 3, h, w) of `inputs` -> its tile's scores (C, h', w'), as autograd records them."""
    network: nn.Module
    features: nn.Module | None = None
    """The part of the network whose last output is its features; None where there is none to name."""


@dataclass(frozen=True, eq=False)
class Network:
    """`scores` answers one photo (H, W, 3) RGB; the rest are facts for the statistics."""

    scores: Callable[[Image], Posterior]
    parameters: int
    """Number of weights in use at inference."""
    bytes: int
    """What the weights take in memory."""
    checkpoint_sha256: str
    class_set: ClassSet
    at_scale: Callable[[float], Callable[[Image], Posterior]] | None = None
    """A factor on the network's own test size -> `scores` at that size; None where it has one size only."""
    notes: tuple[str, ...] = ()
    """What of its file was left out, in sentences."""
    opened: Callable[[Image], Opened] | None = None
    """A photo as the network takes it; None where its answer has no gradient that can be asked for."""
    concurrent: bool = False
    """Whether `scores` may be called from several threads at once."""


def finite(posterior: Posterior, title: str) -> Posterior:
    """The posterior, whose scores are all numbers; those of a network whose weights overflow are a BackendError."""
    if not all(bool(tile.scores.isfinite().all()) for tile in posterior.tiles):
        raise BackendError(
            f"{title} answers with scores that are nan or infinite. Check its weights, or use --precision exact."
        )
    return posterior
