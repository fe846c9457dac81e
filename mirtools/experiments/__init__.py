"""The workflow of an experiment: its sheet, its configuration, its run, and why jobs failed."""
