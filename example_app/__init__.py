"""A small bank statement service that reports its errors to Sentry."""
