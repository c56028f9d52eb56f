"""The capture table of a run, and its renderings."""
