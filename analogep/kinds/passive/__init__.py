"""Networks with passive summing nodes: card, equations, learning rule, exact gradient, netlist."""
