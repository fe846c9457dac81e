"""Labelled pairs: the table, what belongs together, plain predictors, and how well a number ranks pairs."""
