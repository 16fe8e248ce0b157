"""Who does what, who pays, and whether anyone would rather leave."""
