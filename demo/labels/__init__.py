"""Classes as data: which a network may name, their colours, their annotation files, and what sets have in common."""
