"""`python -m lenet5`: the command line."""

from lenet5.cli import main

if __name__ == "__main__":
    main()
