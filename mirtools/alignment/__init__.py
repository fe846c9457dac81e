"""From attributions of pairs of bases to alignments of miRNA and site, and classes of interactions."""
