"""Explainers of the matrix family."""
