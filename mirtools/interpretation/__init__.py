"""What a model has learned: kernels as motifs, masking maps, miRNAs that it treats alike."""
