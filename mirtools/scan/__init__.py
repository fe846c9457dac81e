"""From windows of a transcript to tracks and narrow peaks; simulated transcripts, and how well peaks are found."""
