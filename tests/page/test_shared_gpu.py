"""A Space's shared GPU: its package runs the networks in a process that is forked, and sends what goes in and out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = '''
import json, multiprocessing, os, pickle, sys, tempfile, types

told = {"processes": set(), "durations": []}

def GPU(duration):
    """As the package does it on ZeroGPU: arguments and results are pickled, the function runs in a forked process."""
    def shared(function):
        def handler(*arguments):
            told["durations"].append(duration)
            sent, context = pickle.dumps(arguments), multiprocessing.get_context("fork")
            results = context.SimpleQueue()
            def work():
                for value in function(*pickle.loads(sent)):
                    results.put(pickle.dumps((os.getpid(), value)))
                results.put(b"")
            process = context.Process(target=work, daemon=True)
            process.start()
            while item := results.get():
                number, value = pickle.loads(item)
                told["processes"].add(number)
                yield value
            process.join()
        return handler
    return shared

spaces = types.ModuleType("spaces")
spaces.GPU = GPU
sys.modules["spaces"] = spaces

import time
import numpy as np
from PIL import Image
from demo.images import Limits
from demo.page import networks as module
from demo.page.networks import Networks
from demo.page.running import views
from demo.page.store import Store
from demo.models.zoo import Zoo
from demo.errors import MissingCheckpointError
from tests.toy import toy_ids, toy_network

def load(spec):
    time.sleep(0.3)  # so that the visitor comes while networks are loaded
    if spec.id == toy_ids()[1]:
        raise MissingCheckpointError("It is not here.")
    return toy_network(spec)

store, networks = Store(Limits()), Networks(Zoo(device="cpu", load=load))
photo = f"{tempfile.mkdtemp()}/a.png"
Image.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(photo)
run = store.open(photo)
networks.open_soon()
last = [*views(networks, store, run, "a.png", toy_ids())][-1]
again = [*views(networks, store, run, "a.png", toy_ids()[:1])][-1]
store.close()
print(json.dumps({
    "statuses": [panel.status for panel in last.panels],
    "message": last.panels[1].message,
    "again": [panel.status for panel in again.panels],
    "elsewhere": os.getpid() not in told["processes"] and len(told["processes"]),
    "durations": told["durations"],
    "held": [(answer.network.at_scale, answer.network.opened) == (None, None) for answer in run.answers.values()],
}))
'''


@pytest.mark.slow
def test_the_networks_answer_from_a_forked_process_also_while_they_are_being_loaded() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["statuses"] == ["done", "failed", "done", "done", "done"] and found["message"] == "It is not here."
    assert found["again"] == ["done"] and found["elsewhere"] == 1, "one process, which was not this one"
    assert found["durations"] == [120] and all(found["held"])
