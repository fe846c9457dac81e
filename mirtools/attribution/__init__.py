"""Attributions: how much each pair of bases adds to the score of a model.

The entry point is :func:`mirtools.attribution.choose.explainer_of`.
"""
