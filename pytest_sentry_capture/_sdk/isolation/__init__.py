"""How tests are kept apart: their scopes and options."""
