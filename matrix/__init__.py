"""The support matrix: in which environments the built plugin is tested, and the tables that say with which result."""
