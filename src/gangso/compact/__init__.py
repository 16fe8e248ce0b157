"""Who does what, who pays, and whether anyone would rather leave."""

from gangso.compact.draft import draft_compact
from gangso.compact.result import Compact

__all__ = ["Compact", "draft_compact"]
