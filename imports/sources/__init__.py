"""Where legacy objects are told from, one package for each kind of source."""
