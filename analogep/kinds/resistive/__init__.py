"""Deep resistive networks: card, equations, learning rule, exact gradient, netlist."""
