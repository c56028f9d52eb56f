"""What reports look like, a file a format; the only place that knows the suffixes of their files."""
