"""What is seen of the SDK: clients, captures, callbacks, losses, scopes, and what it collects before it sends."""
