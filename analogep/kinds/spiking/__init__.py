"""Networks of spiking neurons: card, equations, clock, learning rules, figures."""
