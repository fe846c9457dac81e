"""Reads -> hits (engines) -> miRNA-target pairs, and simulated reads with known truth."""
