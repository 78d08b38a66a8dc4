"""One module a tab under the panels."""
