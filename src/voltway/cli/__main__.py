"""``python -m voltway.cli`` is ``voltway``."""

from voltway.cli.main import main

main()
