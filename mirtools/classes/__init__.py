"""Classes of interactions by the important bases of the miRNA."""
