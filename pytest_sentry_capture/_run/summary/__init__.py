"""The end of a run: its verdict, the summary in the terminal, and the facts for reports."""
