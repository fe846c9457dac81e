"""Damaged files and signals for all commands (``make attack``); ``make test`` runs a few of both.

The same seed gives the same damaged files on every machine. The times of signals also depend on its speed.
"""
