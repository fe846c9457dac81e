"""From a model and pairs to attributions: how much each cell of a pairing matrix adds to a score.

Start at :func:`mirtools.attribution.explainer.make_explainer`.
"""
