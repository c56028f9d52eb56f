"""What was seen during one attempt at one test: captured items, discards, exchanges and errors. Plain typed data.

The standard library is all that it needs. Not here: who sees it (``_sdk``, ``_operations``, ``_server``), and who asks
for it (``_assertions``, ``_rules``, ``_reports``).
"""
