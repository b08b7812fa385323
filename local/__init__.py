"""An AWS on this machine, to try the platform on and to test it with."""
