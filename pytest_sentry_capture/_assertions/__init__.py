"""What a test asks of its recording: views, searches, assertions and waits, and what a failed one says.

Not here: what was seen (``_recording``), what every test of a run is judged by (``_rules``), and pytest.
"""
