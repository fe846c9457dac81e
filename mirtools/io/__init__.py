"""Reading and writing: streams, sequences, tables, BED, temporary files."""
