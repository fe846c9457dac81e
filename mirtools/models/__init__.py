"""Architectures, the model file, bundled models, and inference without TensorFlow."""
