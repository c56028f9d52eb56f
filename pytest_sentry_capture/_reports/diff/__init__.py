"""Two runs compared by their JSON reports: what an upgrade of the SDK, or any other change, does to what is sent."""
