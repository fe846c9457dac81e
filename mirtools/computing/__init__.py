"""Fast computing: compiled kernels, threads and processes that return results in order, growing arrays."""
