"""The only room that knows ``sentry_sdk``: what the SDK does is observed, isolated and steered from here.

``sdk`` is what the other rooms see, or its twin ``absent_sdk`` where the SDK is not there; ``sdk_watch`` chooses. The
parts: ``patching`` is how the SDK is reached into and kept from the network, ``observing`` what is seen of it,
``isolation`` how tests are kept apart, ``versions`` in what SDKs differ. Only what stands above ``on_demand`` in the
order of the room is imported before the SDK has been. Not here: what is recorded (``_recording``).
"""
