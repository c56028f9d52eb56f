"""What the pytest runs inside of tests run: applications, and tests of them. ``applications.py`` copies them there."""
