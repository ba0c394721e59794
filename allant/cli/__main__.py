"""`python -m allant.cli` is `allant`."""

from allant.cli.main import main

main()
