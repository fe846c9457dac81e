"""Simulated reads and transcripts with known truth."""
