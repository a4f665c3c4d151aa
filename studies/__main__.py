"""`python studies` draws all figures and tables again whose results are stored; see `shown.py`."""

import sys

from shown import main

if __name__ == "__main__":
    sys.exit(main())
