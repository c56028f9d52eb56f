"""The page: a run's JSON report as one HTML file that loads nothing, for people who were not there.

Nothing in it comes from anywhere but the report's data, so that a run and ``sentry-contract render`` write the same.
"""
