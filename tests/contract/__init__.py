"""What users rely on, listed before the inside was rebuilt: all of it has to be there still.

The tables and the files in `v0/` are frozen. Something new needs no line here; a line that goes, or that
changes, is somebody's script, pipeline or state that breaks.
"""
