"""What an application does for one trigger: HTTP exchanges, to which what is captured meanwhile is linked.

A file a framework; each is imported once the application has imported the framework and Sentry. Not here: what Sentry's
SDK does (``_sdk``), and how an exchange is judged (``_rules``).
"""
