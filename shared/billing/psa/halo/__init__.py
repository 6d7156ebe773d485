"""HaloPSA: a line is part of a recurring invoice, which is written as a whole document."""
