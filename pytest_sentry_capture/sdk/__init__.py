"""The only room that knows sentry_sdk: what the SDK does is observed, isolated and steered from here.

This module and ``importing`` cost next to nothing; the others are imported once the SDK itself has been.
"""
