"""Comparison of alignments and importances between models, explainers or runs."""
