"""Equal steps of layered networks: one march for every connection, curve, cost, phase and precision."""
