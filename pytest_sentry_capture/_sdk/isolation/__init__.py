"""How tests are kept apart: their scopes, their options, and which exceptions they have captured."""
