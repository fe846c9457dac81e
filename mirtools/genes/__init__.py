"""Which genes a miRNA or isomiR represses: sites on transcripts, their context, and what each contributes."""
