"""Labelled pairs -> a trained and evaluated model."""
