"""Where legacy objects are told from. One package a kind of source."""
