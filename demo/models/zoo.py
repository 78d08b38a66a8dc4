"""The loaded networks: which device, which precision, one at a time, the least recently used leaves first."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

import torch

from demo import catalog
from demo.catalog import Names
from demo.errors import STOPS, BackendError, DemoError, MissingCheckpointError, reason
from demo.images import open_image
from demo.labels.class_set import named
from demo.measures import ALWAYS
from demo.models.allocator import keep_memory
from demo.models.backends import backend
from demo.models.backends.modules import arithmetic
from demo.models.checkpoints.files import locate
from demo.models.lanes import lanes, side_by_side
from demo.models.machine import choose_device, default_budget, fastest
from demo.models.network import Network, Opened, finite
from demo.models.posterior import Posterior, warm_up
from demo.models.recording import StoppedError
from demo.schema import Image, ModelSpec, Precision, Prediction, Size

Loader: TypeAlias = Callable[[ModelSpec], Network]
Found = TypeVar("Found")


_NO_ROOM = re.compile("CUDA error: out of memory|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED")


class _TooLittleMemory(BackendError):  # noqa: N818
    """The device has no room for a network, or for its answer."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What one model said of one photo, with everything needed to ask it more."""

    spec: ModelSpec
    posterior: Posterior
    prediction: Prediction
    network: Network


@dataclass(frozen=True)
class Refusal:
    """Why one model did not answer; the others go on."""

    spec: ModelSpec
    error: DemoError
    loaded: bool = True
    """False when the network itself could not be loaded: no other photo would fare better."""


class InTurn:
    """A lock that is given in the order in which it was asked for, so that nobody who computes much holds up others."""

    def __init__(self) -> None:
        self._line: deque[object] = deque()
        self._moved = threading.Condition()

    def __enter__(self) -> None:
        me = object()
        with self._moved:
            self._line.append(me)
            self._moved.wait_for(lambda: self._line[0] is me)

    def __exit__(self, *_: object) -> None:
        with self._moved:
            self._line.popleft()
            self._moved.notify_all()


class Zoo:
    """Runs models of the catalogue on photos.

    `device` is "auto", "cpu", "cuda" or "cuda:1". `precision` "exact" is float32 as MMSegmentation computes it,
    "fast" bfloat16 where the device computes in it and float32 elsewhere. `checkpoints` are folders searched before the
    project's own. `memory_budget` (bytes) bounds the weights kept loaded; the least recently used network leaves first.
    On the CPU the process keeps memory that networks free (demo.models.allocator).
    """

    def __init__(
        self,
        *,
        device: str = "auto",
        precision: Precision = "exact",
        checkpoints: Sequence[str | Path] = (),
        memory_budget: int | None = None,
        load: Loader | None = None,
    ) -> None:
        self.device = choose_device(device)
        self.precision: Precision = fastest(precision, self.device)
        self.checkpoints = tuple(Path(folder) for folder in checkpoints)
        self.memory_budget = default_budget(self.device) if memory_budget is None else memory_budget
        if self.device == "cpu":
            keep_memory()
        self._given, self._load = load, load or self._load_from_disk
        self._loaded: OrderedDict[ModelSpec, Network] = OrderedDict()
        self._loading = threading.Lock()
        self._changing = threading.Lock()
        self._running = InTurn()

    @property
    def default_set(self) -> str:
        """The set for whoever names none; see `catalog.default_set`."""
        return catalog.default_set(lambda spec: locate(spec.weights, self.checkpoints) is not None)

    def segment(self, photo: Image | str | Path, models: Names | None = None) -> list[Prediction]:
        """One Prediction a model, in the catalogue's order.

        Raises the DemoError of the first model that cannot answer; `stream` goes on instead.
        """
        predictions = []
        for outcome in self.stream(photo, models):
            if isinstance(outcome, Refusal):
                raise outcome.error
            predictions.append(outcome.prediction)
        return predictions

    def stream(
        self,
        photo: Image | str | Path,
        models: Names | None = None,
        size: Size | None = None,
        measures: Sequence[str] = ALWAYS,
    ) -> Iterator[Answer | Refusal]:
        """Each model's outcome as soon as it is there; maps at photo size, or at `size` (height, width).

        The next network loads while one computes. `measures` are as in `Posterior.reduce`.
        """
        image = open_image(photo) if isinstance(photo, str | Path) else photo
        specs = catalog.resolve(self.default_set if models is None else models)
        with ThreadPoolExecutor(1, "load") as pool:
            upcoming = deque(pool.submit(self.load, spec) for spec in specs[:1])
            for position, spec in enumerate(specs):
                if position + 1 < len(specs):
                    upcoming.append(pool.submit(self.load, specs[position + 1]))
                # popped, because a future kept would keep its network in memory past its eviction
                yield self._outcome(spec, upcoming.popleft(), image, size, measures)

    def answers(self, asked: Sequence[tuple[ModelSpec, Image]]) -> Iterator[Answer | Refusal]:
        """The outcome of each network and image, in order: several at once where the processor computes and they can.

        Maps are, to the last digit, those of `stream` on as many cores as each then has (demo.models.lanes). A network
        that cannot be loaded is tried once.
        """
        each, missing = lanes(), dict[ModelSpec, DemoError]()
        for start in range(0, len(asked), each):
            together = asked[start : start + each]
            networks: dict[ModelSpec, Network] = {}
            for spec, _ in together:
                if spec not in missing and spec not in networks:
                    try:
                        networks[spec] = self.load(spec)
                    except DemoError as error:
                        missing[spec] = error
            if self.device == "cpu" and all(network.concurrent for network in networks.values()):
                one = partial(self._one, networks, missing)
                with self._running:
                    found = side_by_side(one, together)
                yield from found
            else:
                for spec, image in together:
                    if spec in missing:
                        yield Refusal(spec, missing[spec], loaded=False)
                    else:
                        yield from self.stream(image, [spec])

    def _one(
        self, networks: dict[ModelSpec, Network], missing: dict[ModelSpec, DemoError], asked: tuple[ModelSpec, Image]
    ) -> Answer | Refusal:
        spec, image = asked
        if spec in missing:
            return Refusal(spec, missing[spec], loaded=False)
        try:
            return self._computed(spec, networks[spec], image, None, ALWAYS)
        except DemoError as error:
            return Refusal(spec, error)

    def load(self, spec: ModelSpec) -> Network:
        """The network of `spec`, from memory or from disk."""
        with self._loading:
            network = self._loaded.get(spec)
            if network is None:
                with _loadable(spec, self.device):
                    network = self._load(spec)
            with self._changing:  # apart from loading, which takes seconds: the page asks what is loaded meanwhile
                self._loaded[spec] = network
                self._loaded.move_to_end(spec)
                self._evict(keep=spec)
            return network

    def warm_up(self, models: Names | None = None) -> None:
        """Make the kernel and the networks ready before the first photo; what cannot load says so when it is asked."""
        warm_up()
        for spec in catalog.resolve(self.default_set if models is None else models):
            with suppress(DemoError):
                self.load(spec)

    @contextmanager
    def answering(self, spec: ModelSpec, size: Size) -> Iterator[None]:
        """What a network cannot compute of a photo of `size` (one too thin for its windows, say) is a BackendError."""
        try:
            with _enough_memory(spec, self.device):
                yield
        except (DemoError, StoppedError, *STOPS):
            raise
        except BaseException as error:  # a network may be anybody's program
            look = "Look into its config and its code, or try" if spec.set == "own" else "Try"
            raise BackendError(
                f"{spec.title} cannot answer this photo of {size[1]} x {size[0]} pixels "
                f"({reason(error)}). {look} another crop or size of the photo."
            ) from error

    def traced(self, spec: ModelSpec, image: Image, work: Callable[[Opened], Found]) -> Found:
        """What `work` finds in a network that has taken a photo, in float32; nothing else runs meanwhile.

        Raises BackendError where the network has no gradient to ask for.
        """
        network = self.load(spec)
        if network.opened is None:
            raise BackendError(
                "Cannot say: this network's answer has no gradient to ask for; a classifier of masks has no score of "
                "its own for a pixel. Leave it out."
            )
        with self._running, self.answering(spec, image.shape[:2]), arithmetic(torch.device(self.device), "exact"):
            return work(network.opened(image))

    @property
    def loaded(self) -> tuple[str, ...]:
        """Ids of the networks in memory, the least recently used first."""
        with self._changing:
            return tuple(spec.id for spec in self._loaded)

    def _outcome(
        self, spec: ModelSpec, loading: Future[Network], image: Image, size: Size | None, measures: Sequence[str]
    ) -> Answer | Refusal:
        network = None
        try:
            network = loading.result()
            return self._answer(spec, network, image, size, measures)
        except DemoError as error:
            loaded = network is not None
            if self.device == "cpu" or not isinstance(error, _TooLittleMemory):
                return Refusal(spec, error, loaded)
        del network, loading  # after the error is gone, which held on to what the device has to make room for
        return self._with_little_memory(spec, image, size, measures)

    def _with_little_memory(
        self, spec: ModelSpec, image: Image, size: Size | None, measures: Sequence[str]
    ) -> Answer | Refusal:
        """Once more with no other network on the device; if that is not enough, on the CPU, with a note."""
        with self._changing:
            self._loaded.clear()
        torch.cuda.empty_cache()
        with suppress(DemoError):
            return self._answer(spec, self.load(spec), image, size, measures)
        with self._changing:
            self._loaded.clear()
        torch.cuda.empty_cache()
        slow = Zoo(
            device="cpu", precision=self.precision, checkpoints=self.checkpoints, memory_budget=0, load=self._given
        )
        try:
            answer = slow._answer(spec, slow.load(spec), image, size, measures)
        except DemoError as error:
            return Refusal(spec, error)
        note = "The GPU had too little memory free, so the CPU computed this, which takes longer."
        return replace(answer, network=replace(answer.network, notes=(*answer.network.notes, note)))

    def _answer(
        self, spec: ModelSpec, network: Network, image: Image, size: Size | None, measures: Sequence[str]
    ) -> Answer:
        with self._running:
            return self._computed(spec, network, image, size, measures)

    def _computed(
        self, spec: ModelSpec, network: Network, image: Image, size: Size | None, measures: Sequence[str]
    ) -> Answer:
        with self.answering(spec, image.shape[:2]):
            start = time.perf_counter()
            posterior = finite(network.scores(image), spec.title)
            _wait_for(self.device)
            answered = time.perf_counter()
            prediction = posterior.reduce(spec.id, size, measures)
            done = time.perf_counter()
        seconds = {"network": answered - start, "maps": done - answered}
        kept = posterior.cpu()
        prediction = replace(prediction, seconds=seconds, strips=partial(kept.strips, prediction.size))
        return Answer(spec, kept, prediction, network)

    def _load_from_disk(self, spec: ModelSpec) -> Network:
        path = locate(spec.weights, self.checkpoints)
        if path is None:
            raise MissingCheckpointError(
                f"{spec.title} ({spec.id}) wants {spec.weights.file}, which is in none of the checkpoint folders. "
                f"Get it with: python -m demo fetch {spec.fetched_as}"
            )
        if spec.classes:
            spec = replace(spec, class_set=named(spec.classes))
        return backend(spec.backend).load(spec, path, self.device, self.precision)

    def _evict(self, keep: ModelSpec) -> None:
        while sum(network.bytes for network in self._loaded.values()) > self.memory_budget:
            oldest = next(iter(self._loaded))
            if oldest == keep:
                return
            del self._loaded[oldest]


@contextmanager
def _loadable(spec: ModelSpec, device: str) -> Iterator[None]:
    """Whatever a network's config and weights raise while it loads is a BackendError: the other networks go on."""
    try:
        with _enough_memory(spec, device), _put_back():
            yield
    except (DemoError, ModuleNotFoundError, *STOPS):  # a module: of a package that every network needs
        raise
    except BaseException as error:  # a config is a program
        raise BackendError(f"{spec.title} cannot be loaded ({reason(error)}). Check its config and weights.") from error


@contextmanager
def _put_back() -> Iterator[None]:
    """What all networks share, and a network's own program may change: the folder, and PyTorch's default type."""
    folder, kind = "", torch.get_default_dtype()
    with suppress(OSError):  # a folder that is gone has no name, and there is no way back to it
        folder = os.getcwd()
    try:
        yield
    finally:
        torch.set_default_dtype(kind)
        with suppress(OSError):  # it went meanwhile
            os.chdir(folder or ".")


@contextmanager
def _enough_memory(spec: ModelSpec, device: str) -> Iterator[None]:
    """Too little memory on `device` is a BackendError of its own kind."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not _NO_ROOM.search(str(error)):
            raise
        raise _TooLittleMemory(
            f"{spec.title} needs more memory than {device} has free ({error}). "
            "Choose fewer or smaller models, or run on the CPU."
        ) from error


def _wait_for(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
