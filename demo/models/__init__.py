"""From a name to a callable network. torch lives here."""
