"""What the project costs, beside its peers."""

import demo  # noqa: F401  # before torch: it says how torch's threads wait for each other
