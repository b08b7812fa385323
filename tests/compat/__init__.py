"""The two ways on from CDKTF and AWS provider 5, tried with the present code: `make compat`."""
