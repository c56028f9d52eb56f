"""What a run was asked for: ini options and the command line, and the rules that a project has configured."""
