"""A run as its JSON report describes it for those who combine several."""
