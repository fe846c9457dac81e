"""What a model has learned: kernels as motifs, masking maps, clusters of miRNAs."""
