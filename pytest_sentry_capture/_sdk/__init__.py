"""The only room that knows ``sentry_sdk``: what the SDK does is observed, isolated and steered from here.

``sdk`` is what the other rooms see; ``patching`` is how the SDK is reached into and kept from the network,
``observing`` what is seen of it, ``isolation`` how tests are kept apart, ``versions`` in what SDKs differ. Only
``sdk``, ``importing`` and ``lifetimes`` are imported before the SDK itself has been. Not here: what is recorded
(``_recording``).
"""
