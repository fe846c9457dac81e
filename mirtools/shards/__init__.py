"""Joining the tables of shards."""
