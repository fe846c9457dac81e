"""Binding sites from interaction tables: merging reads, chance, replicates, conditions."""
