"""How the SDK is reached into: its touchpoints, each in one place, and its ways to the network."""
