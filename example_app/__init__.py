"""A bank statement analyser that reports its errors to Sentry."""

VERSION = "1.0.0"
