"""What ``make attack`` does to the commands; ``make test`` does a little of each.

A seed makes the same damaged files on every machine. The moments of signals depend on its speed, too.
"""
