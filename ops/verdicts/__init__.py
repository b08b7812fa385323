"""Judgements on a plan: what would be lost, what has drifted."""
