"""Pure functions of text, which know nothing of Sentry."""
