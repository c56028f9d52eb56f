"""A bank statement analyzer that reports its errors to Sentry."""

VERSION = "1.0.0"
