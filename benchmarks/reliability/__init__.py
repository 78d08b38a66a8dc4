"""What the tool stands: hostile files, many visitors, long use. Each module is a script; docs/reliability.md tells the results."""
