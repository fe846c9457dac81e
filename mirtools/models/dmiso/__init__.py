"""The DMISO family (Talukder et al. 2022): two sequences, two convolution branches, a bidirectional LSTM."""
