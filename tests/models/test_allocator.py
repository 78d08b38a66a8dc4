"""What networks free is there for the next layer, in place of going back to the kernel."""

import sys

import pytest

from benchmarks.measure import in_child


@pytest.mark.skipif(sys.platform != "linux", reason="another C library has no such options")
def test_memory_that_was_freed_is_taken_again() -> None:
    """Ten times three arrays of 20 MB are 153,600 pages when each comes from the kernel, 15,360 when the first do."""
    given_back = in_child("tests.children:pages_of_arrays", kept=False)["pages"]
    kept = in_child("tests.children:pages_of_arrays", kept=True)["pages"]
    assert given_back > 75_000
    assert kept < 25_000
