"""Benchmarks: ratios with limits, each a module with a command of its own."""
