"""What tests of the page share."""

from collections.abc import Iterator

import pytest

from demo.images import Limits
from demo.page.store import Store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    store = Store(Limits())
    yield store
    store.close()
