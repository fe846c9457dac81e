"""What searchable pages share: the document, its data, its style, and the script of the table."""
