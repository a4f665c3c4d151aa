"""`python -m analogep`, the same as the console command `analogep`."""

from __future__ import annotations

import sys

from analogep.cli.main import main

sys.exit(main(sys.argv[1:]))
