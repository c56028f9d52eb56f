"""Several runs combined: their reports are read, put together, and concluded as one run is."""
