"""Reports on tables of binding sites: a summary, a page that can be searched, and figures for a talk."""
