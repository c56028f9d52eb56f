"""Rules: invariants that every recording of a run is judged by, with or without the fixture.

``rule`` is what users derive from, ``built_in`` has a file for each sort of rule, ``rule_run`` judges. Not here: which
rules a project has turned on (``_run/settings``), and when a test is judged (``_run``).
"""
