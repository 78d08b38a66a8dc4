"""The page as it is served, over toy networks: python -m benchmarks.reliability.toy_page [MILLISECONDS [SECONDS]]

So many milliseconds a network takes at least, and for so many seconds photos are kept.
"""

import sys
import time
from dataclasses import replace

from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page.serve import serve
from demo.page.store import KEPT
from demo.schema import Image, ModelSpec
from tests.toy import toy_network

SECONDS = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0


def load(spec: ModelSpec) -> Network:
    network = toy_network(spec)

    def scores(image: Image) -> Posterior:
        time.sleep(SECONDS)
        return network.scores(image)

    return replace(network, scores=scores)


if __name__ == "__main__":
    serve(Zoo(device="cpu", load=load), kept=int(sys.argv[2]) if len(sys.argv) > 2 else KEPT)
