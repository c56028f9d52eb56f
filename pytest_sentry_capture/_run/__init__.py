"""One pytest run in one process: settings, the test that runs, the rules that are on, results, and the summary.

It puts the other rooms together, and imports what a run without Sentry does not need when it is first needed. Not here:
pytest itself, which the module ``plugin`` alone knows.
"""
