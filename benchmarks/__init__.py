"""Benchmarks: ratios with limits, each a module with its own command."""
