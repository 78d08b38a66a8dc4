"""The endpoints held to their own description: python -m benchmarks.reliability.openapi [--program P] [--seconds N]

Schemathesis (pip install schemathesis, best in an environment of its own) makes requests that fit
/gradio_api/openapi.json and such as do not, and looks at every answer: no failure of the server, no status or content
that is not described, no body of another shape. Networks are toys.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.measure import Json
from benchmarks.reliability.results import keep
from benchmarks.visitor import serving
from demo.page.openapi import PATH

LEFT_OUT = "negative_data_rejection,ensure_resource_availability"
"""A call is taken before its values are looked at, and told in its answer what is wrong: by Gradio's queue. An answer
is heard once."""


def measure(program: str, examples: int, seconds: int) -> Json:
    """What Schemathesis says of a page of its own."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as here:
        command = ["-m", "benchmarks.reliability.toy_page"]
        with serving(command, {"TMPDIR": folder}) as server:
            asked = [program, "run", f"{server.address}{PATH}", "--max-examples", str(examples)]
            asked += ["--max-time", str(seconds), "--exclude-checks", LEFT_OUT, "--continue-on-failure", "--no-shrink"]
            asked += ["--seed", "1", "--no-color", "--request-timeout", "60"]
            done = subprocess.run(asked, cwd=here, capture_output=True, text=True)
    print(done.stdout, done.stderr, sep="\n")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    return {
        "exit_code": done.returncode,
        "version": re.sub(r".*?([\d.]+).*", r"\1", version.strip()),
        "operations": _number(r"Tested: (\d+)", done.stdout),
        "cases": _number(r"(\d+) generated", done.stdout),
        "failures": _number(r"(\d+) unique failures", done.stdout),
    }


def _number(pattern: str, said: str) -> int:
    found = re.search(pattern, said)
    return int(found[1]) if found else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=shutil.which("schemathesis"), help="where schemathesis is")
    parser.add_argument("--examples", type=int, default=20, help="requests of each kind an operation")
    parser.add_argument("--seconds", type=int, default=600, help="for which new requests are thought of")
    options = parser.parse_args()
    if not options.program:
        parser.error("schemathesis is not installed: pip install schemathesis, or name it with --program.")
    busy = machine.load()
    found = measure(options.program, options.examples, options.seconds)
    if options.seconds >= 300:
        keep("openapi", "schemathesis", found, busy)
    return int(found["exit_code"])


if __name__ == "__main__":
    sys.exit(main())
