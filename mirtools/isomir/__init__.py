"""Pairs -> exact miRNAs and the eight isomiR types."""
