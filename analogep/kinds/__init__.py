"""Kinds of network, a folder each; the list of them is `circuit.kind.KINDS`, and nothing else outside names one."""
