"""Smart meters: what they are to do (commands), what they say (watch), when supply may be cut (hours)."""

from core.meters.commands import credit, set_package, switch, switch_many
from core.meters.hours import may_cut

__all__ = ["credit", "may_cut", "set_package", "switch", "switch_many"]
