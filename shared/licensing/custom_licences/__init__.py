"""K12: custom licences, rows of a tenant whose quantity comes from a rule."""
