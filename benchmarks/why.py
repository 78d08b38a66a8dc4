"""Effective receptive fields of one pixel for the five networks of a set: seconds and memory, networks loaded.

The paper's networks are loaded one at a time, since time and memory are of one network; with random weights where their
files are not on disk: neither depends on what a weight says. Alone: python -m benchmarks.why [SET ...]
"""

from __future__ import annotations

import json
import sys

from benchmarks.measure import Json, alternate, in_child, peak_memory, significant, too_much
from benchmarks.peers import photo, subjects, trained, zoo_of
from demo.analysis.questions import Question
from demo.models.why import Reason, explain
from demo.models.zoo import Answer, Zoo
from demo.schema import Image, ModelSpec

SIZE = (480, 640)
PAPER_BYTES = 8e9
"""Estimate: weights twice, their source and a network's, and what autograd keeps of the largest one."""
REPEATS = {"compact": 5, "paper": 1}


def measure(quick: bool) -> Json:
    unfit = "left out of a quick run" if quick else too_much(PAPER_BYTES)
    return {
        "compact": in_child("benchmarks.why:measure_set", set_name="compact"),
        "paper": {"failed": unfit} if unfit else in_child("benchmarks.why:measure_set", set_name="paper"),
    }


def measure_set(set_name: str) -> Json:
    """{"seconds": of all five, "models": {id: {"seconds", "processor_seconds", "extra_bytes", "radii"}}, ...}."""
    image, models = photo(SIZE), {}
    for subject in subjects(set_name):
        zoo = zoo_of([subject], "exact")
        subject.state.clear()
        models[subject.spec.id] = one(zoo, subject.spec, image, REPEATS[set_name])
    return {
        "weights": "trained" if trained(set_name) else "random",
        "seconds": significant(sum(found["seconds"] for found in models.values())),
        "extra_bytes": max((found["extra_bytes"] or 0) for found in models.values()),
        "models": models,
    }


def one(zoo: Zoo, spec: ModelSpec, image: Image, repeats: int) -> Json:
    (answer,) = zoo.stream(image, [spec])
    assert isinstance(answer, Answer)
    labels = answer.prediction.label_map
    question = Question((SIZE[0] // 2, SIZE[1] // 2))

    def ask() -> Reason:
        return explain(zoo, spec, image, answer.posterior, labels, question, (240, 320))

    with peak_memory() as peak:
        reason = ask()
    runs = alternate({"field": ask}, repeats, warm=0)["field"]
    assert reason.reach is not None
    found = {name: runs.summary()[name] for name in ("seconds", "processor_seconds")}
    return found | {"extra_bytes": peak.bytes, "radii": [significant(radius, 3) for radius in reason.reach.radii]}


if __name__ == "__main__":
    for name in sys.argv[1:] or ("compact", "paper"):
        print(name, json.dumps(in_child("benchmarks.why:measure_set", set_name=name), indent=1))
