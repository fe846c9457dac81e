"""Tables -> figures and readable summaries."""
