"""Networks at virtual ground: card, equations, march, learning rule, exact gradient, stability, netlist."""
