"""What a run leaves behind: the table of what was captured and discarded, its formats, the contract, and differences.

Not here: rules and their states (``_rules``, summed up by ``_run``), and what single tests print when they fail, but
for their section "Captured by Sentry".
"""
