"""Checkpoint files: located, fetched, held to their hashes, read as tensors, converted from other layouts."""
