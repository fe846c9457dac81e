"""Alignments of miRNA and site from attributions of pairs of bases."""
