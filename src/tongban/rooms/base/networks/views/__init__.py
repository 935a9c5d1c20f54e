"""Pages of the network inventory."""
