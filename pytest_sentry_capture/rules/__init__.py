"""Rules: invariants that every recording of a run is judged by, with or without the fixture."""
