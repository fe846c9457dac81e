"""Explainers of the DMISO family."""
