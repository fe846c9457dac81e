"""Uses of a model in commands: scoring tables, scanning targets, calling sites."""
