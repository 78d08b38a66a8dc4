"""The page over toy networks, for tests: python -m tests.browser.toy_app.

Photos 333 pixels wide take two seconds a network; SETR of the paper set refuses.
"""

import time
from dataclasses import replace

from demo.errors import MissingCheckpointError
from demo.images import Limits
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page.build import build
from demo.page.serve import launch
from demo.schema import Image, ModelSpec
from tests.toy import toy_network

SLOW_WIDTH = 333
LIMITS = Limits(megapixels=2, megabytes=5)


def load(spec: ModelSpec) -> Network:
    if spec.id == "setr-naive-vit-l":
        raise MissingCheckpointError(f"{spec.title} wants {spec.weights.file}, which a toy has not.")
    network = toy_network(spec)

    def scores(image: Image) -> Posterior:
        if image.shape[1] == SLOW_WIDTH:
            time.sleep(2)
        return network.scores(image)

    return replace(network, scores=scores)


if __name__ == "__main__":
    page = build(Zoo(device="cpu", load=load), limits=LIMITS)
    launch(page, limits=LIMITS)
    page.block_thread()
