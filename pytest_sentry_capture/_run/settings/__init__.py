"""What users have chosen: ini options, the command line and the project's configuration."""
