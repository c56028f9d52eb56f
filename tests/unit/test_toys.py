"""What is added by touching few files: a kind, a framework, a rule and a format, in a copy of the package."""
