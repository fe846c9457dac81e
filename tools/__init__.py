"""The commands: one module each, with ``build_parser()`` and ``main(argv)``. Nothing here computes."""
