"""What the tool stands: hostile files, many visitors, long use; docs/reliability.md tells the results."""
