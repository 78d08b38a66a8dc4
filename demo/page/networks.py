"""The networks behind the page, opened in the background so that the page answers before torch is there.

Whoever needs them waits at one lock, so torch is never imported by two threads at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakValueDictionary

from demo import catalog
from demo.analysis.questions import Question
from demo.catalog import Names
from demo.measures import BY_ID
from demo.schema import Image, ModelSpec, Size

if TYPE_CHECKING:
    from demo.models.posterior import Posterior
    from demo.models.why import Reason
    from demo.models.zoo import Answer, Refusal, Zoo

    Outcome: TypeAlias = Answer | Refusal

try:
    import spaces

    SHARED = True
    gpu = spaces.GPU(duration=120)
except ImportError:
    SHARED = False

    def gpu(function):  # type: ignore[no-untyped-def]  # as spaces has it
        """Off Hugging Face's shared GPUs there is nothing to ask for."""
        return function


log = logging.getLogger(__name__)

NETWORKS = "networks"
"""The line in which everything waits that runs networks."""
_ZOOS: WeakValueDictionary[int, Zoo] = WeakValueDictionary()
"""By id: no zoo can be sent to the process that is forked for a shared GPU, but it has a copy of this."""
ONE_AT_A_TIME: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": NETWORKS}
"""Repeated at every event that runs networks: Gradio applies a shared limit only when each of them names it."""


class Networks:
    """One zoo for every visitor; `zoo` is there already, or a function that makes it."""

    def __init__(
        self, zoo: Zoo | Callable[[], Zoo], checkpoints: Sequence[Path] = (), own: Sequence[ModelSpec] = ()
    ) -> None:
        self._make: Callable[[], Zoo] = zoo if callable(zoo) else lambda: zoo
        self._zoo: Zoo | None = None
        self._opening = threading.Lock()
        self._opener: threading.Thread | None = None
        self.checkpoints = tuple(checkpoints)
        self.own = tuple(own)
        """Models of the host's own, which visitors may name by id."""

    def open_soon(self) -> None:
        """Start opening the zoo and loading its default set in the background."""
        self._opener = threading.Thread(target=self._open_quietly, name="open the zoo", daemon=True)
        self._opener.start()

    @property
    def zoo(self) -> Zoo:
        """The zoo, waited for if need be."""
        with self._opening:
            if self._zoo is None:
                self._zoo = self._make()
            return self._zoo

    @property
    def computed(self) -> str:
        """Where the networks compute and in which precision, in words."""
        return computed_on(self.zoo.device, self.zoo.precision)

    @property
    def ready(self) -> bool:
        """Whether the zoo is open: the first run need not wait for it."""
        return self._zoo is not None

    def loaded(self) -> tuple[str, ...]:
        """Ids of the networks in memory; none while the zoo is being opened."""
        return self._zoo.loaded if self._zoo else ()

    def on_disk(self, spec: ModelSpec) -> bool:
        """Whether a model can answer without fetching anything. Needs no torch."""
        from demo.models.checkpoints.files import locate

        return locate(spec.weights, self.checkpoints) is not None

    def default_set(self) -> str:
        """The set for a visitor who chooses none; see `catalog.default_set`."""
        return catalog.default_set(self.on_disk)

    def named(self, names: Names) -> tuple[ModelSpec, ...]:
        """The models that a visitor named. Raises UnknownModelError."""
        return catalog.named_in_catalogue(names, self.own)

    def outcomes(self, image: Image, models: Sequence[str], size: Size) -> Iterator[Outcome]:
        """Each model's outcome as soon as it is there, without hold on the network itself: the zoo may let it go."""
        if SHARED and self._opener:
            self._opener.join()  # a process that is forked while a network loads would wait for it without end
        zoo = self.zoo
        _ZOOS[id(zoo)] = zoo
        yield from _outcomes(id(zoo), image, self.named(models), size)

    def explained(
        self, answer: Answer, image: Image, question: Question, size: Size, stopped: Callable[[], bool]
    ) -> Reason:
        """Why the network of an answer said what it said, on a grid of `size`; raises what demo.models.why does."""
        return _explained(self.zoo, answer, image, question, size, stopped)

    def _open_quietly(self) -> None:
        try:
            self.zoo.warm_up()
        except Exception:  # nobody waits for this thread; a run that needs the zoo tells its visitor
            log.exception("The networks could not be opened; the next run tries again.")


def computed_on(device: str, precision: str) -> str:
    """
    >>> computed_on("cpu", "exact"), computed_on("cuda:1", "fast")
    ('CPU, float32', 'GPU 1, bfloat16')
    """
    kind, _, number = device.partition(":")
    name = f"{ {'cpu': 'CPU', 'cuda': 'GPU'}.get(kind, kind) } {number}".strip()
    return f"{name}, {({'exact': 'float32', 'fast': 'bfloat16'}).get(precision, precision)}"


@gpu
def _outcomes(zoo: int, image: Image, models: Sequence[ModelSpec], size: Size) -> Iterator[Outcome]:
    for outcome in _ZOOS[zoo].stream(image, models, size, [*BY_ID]):
        network = getattr(outcome, "network", None)
        yield (
            replace(outcome, network=replace(network, scores=_let_go, at_scale=None, opened=None))
            if network
            else outcome
        )


@gpu
def _explained(
    zoo: Zoo, answer: Answer, image: Image, question: Question, size: Size, stopped: Callable[[], bool]
) -> Reason:
    from demo.models.why import explain

    return explain(zoo, answer.spec, image, answer.posterior, answer.prediction.label_map, question, size, stopped)


def _let_go(image: Image) -> Posterior:
    raise ValueError("an answer that the page keeps must not be asked to run again")
