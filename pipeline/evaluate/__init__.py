"""An intervention against its control: from a protocol to a report."""
