"""Other programs' outputs: one parser a file, :mod:`~mirtools.evaluation.programs.registry` lists them."""
