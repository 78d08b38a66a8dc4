"""Photos x networks on a Ray cluster: workers hold the networks, Ray gives them photos and replaces those that die.

The only module that knows Ray. Workers read photos and count; the process that asked is the only one that writes to
the study's file, so a worker that is killed costs the photos it had in hand another try.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from demo.errors import BackendError, DemoError, reason
from demo.images import Limits
from demo.schema import ModelSpec
from demo.study.engine import Here, Met, Task, unread
from demo.study.ledger import PhotoRows
from demo.study.measuring import Keeping, Panel

if TYPE_CHECKING:
    from demo.models.zoo import Zoo

IN_HAND = 2
"""Photos that a worker has at once: one is read or counted while the networks answer the other."""
RETRIES = 1
"""How often Ray gives a photo to the worker that replaces one that died, before it has to wait for a try alone."""
DEADLY = "every worker that had it died, the last one with no other photo. Shrink it, or give the workers more memory."


class Worker:
    """One process with its own zoo; Ray runs it."""

    def __init__(self, open_zoo: Callable[[], Zoo], folder: str) -> None:
        with suppress(OSError):
            os.chdir(folder)
        self.engine = Here(open_zoo())

    def device(self) -> str:
        """Where its networks compute."""
        return self.engine.device

    def meet(self, spec: ModelSpec) -> Met | DemoError:
        """What a network is, or why it cannot be loaded."""
        [(_, met)] = self.engine.meet([spec])
        return met

    def measure(self, task: Task, panel: Panel, keeping: Keeping, limits: Limits) -> PhotoRows:
        """Everything that is kept of one photo."""
        [(_, rows)] = self.engine.measured([task], panel, keeping, limits)
        return rows


class OnRay:
    """An engine of one worker a GPU, else of `workers`, on the cluster at `address`.

    Each computes with as many threads as this process would, so that numbers are the same to the last digit. Without an
    address a cluster is started on this machine, and ended with the study. Raises BackendError where Ray is not
    installed, no cluster answers, or it has no room for so many workers.
    """

    def __init__(self, open_zoo: Callable[[], Zoo], *, address: str | None = None, workers: int | None = None) -> None:
        from demo.models import machine

        self.ray = _ray()
        _start(self.ray, address)
        resources, threads = self.ray.cluster_resources(), machine.threads()
        gpus, cores = (int(resources.get(kind, 0)) for kind in ("GPU", "CPU"))
        self.number = workers or gpus or max(1, cores // threads)
        if self.number > (gpus or cores):
            self.ray.shutdown()
            what = f"{gpus} GPUs" if gpus else f"{cores} processor cores"
            raise BackendError(f"The cluster has {what}, too few for {self.number} workers. Ask for fewer.")
        needs = {"num_gpus": 1} if gpus else {"num_cpus": max(1, min(threads, cores // self.number))}
        same = {"env_vars": {"OMP_NUM_THREADS": str(threads)}}
        remote = self.ray.remote(
            max_restarts=-1, max_task_retries=RETRIES, max_concurrency=IN_HAND, runtime_env=same, **needs
        )(Worker)
        self.workers = [remote.remote(open_zoo, os.getcwd()) for _ in range(self.number)]
        try:
            self.device: str = self.ray.get(self.workers[0].device.remote())
        except self.ray.exceptions.RayError as error:
            self.ray.shutdown()
            why = [*filter(None, map(str.strip, str(error).splitlines()))][-1]
            raise BackendError(
                f"The workers could not start ({why}). Each machine of the cluster needs this project and its packages."
            ) from error

    def meet(self, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Met | DemoError]]:
        for spec in specs:
            yield spec, self.ray.get(self.workers[0].meet.remote(spec))

    def measured(
        self, tasks: Iterable[Task], panel: Panel, keeping: Keeping, limits: Limits
    ) -> Generator[tuple[Task, PhotoRows]]:
        what = self.ray.put(panel), keeping, limits  # the panel is sent to each worker once
        waiting, free = iter(tasks), deque(self.workers * IN_HAND)
        given: dict[Any, tuple[Task, Any]] = {}
        alone: list[Task] = []
        while True:
            while free and (task := next(waiting, None)):
                worker = free.popleft()
                given[worker.measure.remote(task, *what)] = task, worker
            if not given:
                break
            [done], _ = self.ray.wait([*given])
            task, worker = given.pop(done)
            free.append(worker)
            rows = self._result(done)
            if rows:
                yield task, rows
            else:  # it, or the photo that shared its worker
                alone.append(task)
        for task in alone:
            rows = self._result(self.workers[0].measure.remote(task, *what))
            yield task, rows or unread(task, DEADLY)

    def _result(self, done: Any) -> PhotoRows | None:
        """None where the worker died; what failed in it otherwise is raised as it would have been here."""
        try:
            rows: PhotoRows = self.ray.get(done)
            return rows
        except self.ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self.ray.exceptions.RayError:
            return None

    def close(self) -> None:
        """End the workers, and the cluster where this process has started it."""
        for worker in self.workers:
            self.ray.kill(worker)
        self.ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # seconds; a busy machine takes more than Ray's own
    try:
        import ray
    except ModuleNotFoundError as error:
        raise BackendError(
            "The engine ray needs the package ray, which is not installed: pip install -r requirements-ray.txt. "
            "Or leave --engine out."
        ) from error
    return ray


def _start(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "ignore_reinit_error": True}
    try:
        ray.init(address=address, **quiet) if address else ray.init(address="local", include_dashboard=False, **quiet)
    except Exception as error:  # Ray has many
        where = address or "this machine"
        raise BackendError(
            f"No Ray cluster could be used at {where} ({reason(error)}). Start one with: ray start --head"
        ) from error
