"""A kind of network in a folder: amplifiers with a gain in front of virtual grounds that leak."""
