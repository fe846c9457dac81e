"""Positive pairs -> labelled pairs."""
