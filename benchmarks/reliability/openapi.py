"""The endpoints held to their own description: python -m benchmarks.reliability.openapi [--examples N]

Schemathesis makes requests that fit /gradio_api/openapi.json and such as do not, and looks at every answer: no failure
of the server, no status or content that is not described, no body of another shape. Networks are toys.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.measure import Json
from benchmarks.reliability.results import keep
from benchmarks.visitor import serving
from demo.page.openapi import PATH

LEFT_OUT = "negative_data_rejection"
"""A call is taken before its values are looked at, and told in its answer what is wrong: by Gradio's queue."""


def measure(examples: int) -> Json:
    """What Schemathesis says of a page of its own."""
    program = Path(sys.executable).with_name("schemathesis")
    with TemporaryDirectory() as folder:
        temporary = {"GRADIO_TEMP_DIR": f"{folder}/gradio", "TMPDIR": folder}
        with serving(["-m", "benchmarks.reliability.toy_page"], temporary) as server:
            asked = [
                str(program if program.exists() else shutil.which("schemathesis")),
                "run",
                f"{server.address}{PATH}",
            ]
            options = ["--max-examples", str(examples), "--exclude-checks", LEFT_OUT, "--seed", "1", "--no-color"]
            done = subprocess.run([*asked, *options], cwd=folder, capture_output=True, text=True)
    said = done.stdout
    print(said, done.stderr, sep="\n")
    return {
        "exit_code": done.returncode,
        "operations": [int(number) for number in re.findall(r"(\d+) (?:selected|operations)", said)][:1],
        "cases": [int(number) for number in re.findall(r"(\d[\d,]*) generated", said)][:1],
        "summary": [line.strip() for line in said.splitlines()[-12:] if line.strip()],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="requests of each kind an operation")
    options = parser.parse_args()
    busy = machine.load()
    found = measure(options.examples)
    if options.examples >= 100:
        keep("openapi", "schemathesis", found, busy)
    return int(found["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
