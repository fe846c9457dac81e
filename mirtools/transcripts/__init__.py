"""Transcripts: their names, genes, regions, and positions on the genome."""
