"""What a stage may be told, with the rules that a stage file is held against."""
