"""Tracks along transcripts from scores of windows, narrow peaks, and their evaluation on known sites."""
