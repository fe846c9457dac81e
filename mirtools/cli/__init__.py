"""The command-line contract, the same for every command.

A command module in ``tools/`` has ``build_parser()`` and ``main(argv)``; ``main`` passes the parser and the
function that does the work to :func:`run_command`. Only the standard library is imported here at module level,
because man pages and ``--help`` need nothing else.
"""

from mirtools.cli.arguments import (
    Parser,
    add_common,
    add_gap_costs,
    add_mirnas,
    add_output,
    add_pairs,
    add_read_ends,
    add_shard,
    make_parser,
    number,
    number_range,
    positive_int,
    read_once,
    share,
    stdin_default,
    whole_number,
)
from mirtools.cli.run import EXIT_CLOSED_PIPE, EXIT_INTERRUPTED, Run, run_command

__all__ = [
    "EXIT_CLOSED_PIPE",
    "EXIT_INTERRUPTED",
    "Parser",
    "Run",
    "add_common",
    "add_gap_costs",
    "add_mirnas",
    "add_output",
    "add_pairs",
    "add_read_ends",
    "add_shard",
    "make_parser",
    "number",
    "number_range",
    "positive_int",
    "read_once",
    "run_command",
    "share",
    "stdin_default",
    "whole_number",
]
