"""The page of genes-predict that can be searched."""
