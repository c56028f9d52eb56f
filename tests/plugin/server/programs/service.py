"""A service that reports one thing of each kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sentry_sdk
from fastapi import FastAPI
from sentry_sdk import logger
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration

import any_sdk

sentry_sdk.init(
    traces_sample_rate=1.0,
    environment="test",
    release="service@1",
    integrations=[StarletteIntegration(), FastApiIntegration()],
    auto_enabling_integrations=False,
    **any_sdk.logs_enabled(),
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Uvicorn ends by the signal that it was sent, so that nothing that is registered with atexit runs."""
    yield
    sentry_sdk.flush()


app = FastAPI(lifespan=lifespan)


@app.get("/orders/{number}")
def order(number: int) -> float:
    sentry_sdk.set_tag("shop", "berlin")
    logger.warning("order {number} is looked up", number=number)
    return 1 / number


@app.post("/opinions")
def opinion(message: str) -> None:
    """The SDK has no call for feedback: applications make the envelope."""
    event = {"event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "contexts": {"feedback": {"message": message}}}
    envelope = Envelope({"event_id": event["event_id"]})
    envelope.add_item(Item(PayloadRef(json=event), type="feedback"))
    transport = sentry_sdk.get_client().transport
    if transport is not None:
        transport.capture_envelope(envelope)
