"""The main job: `python -m analogep.simulate devices/rram.yaml`, the same as `analogep simulate`."""

from __future__ import annotations

import sys

from analogep.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["simulate", *sys.argv[1:]], program="python -m analogep.simulate"))
