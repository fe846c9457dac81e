"""Predictions judged: what other programs write, matched with labelled pairs, and figures side by side."""
