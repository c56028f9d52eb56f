"""A job that reports and then waits to be killed."""

import sys

import sentry_sdk
from sentry_sdk import logger
from sentry_sdk.envelope import Envelope, Item, PayloadRef

import any_sdk

sentry_sdk.init(traces_sample_rate=1.0, environment="test", auto_enabling_integrations=False, **any_sdk.logs_enabled())
with any_sdk.segment("nightly import", op="task"):
    logger.info("imported {rows} rows", rows=3)
    try:
        int("seven")
    except ValueError:
        sentry_sdk.capture_exception()
envelope = Envelope({"event_id": "9ec79c33ec9942ab8353589fcb2e04dc"})
envelope.add_item(Item(PayloadRef(json={"contexts": {"feedback": {"message": "It is slow"}}}), type="feedback"))
transport = sentry_sdk.get_client().transport
if transport is not None:
    transport.capture_envelope(envelope)
sentry_sdk.flush()
print("reported", flush=True)
sys.stdin.read()
