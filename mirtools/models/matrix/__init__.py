"""The matrix family (miRBind; Klimentova et al. 2022): a convolutional network on a pairing matrix."""
