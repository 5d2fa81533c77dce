import sys

from upload.cli import main

sys.exit(main(sys.argv[1:]))
