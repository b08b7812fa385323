"""`doctor`: every source is asked by a thin gatherer and judged by a pure function. See `checks`."""
