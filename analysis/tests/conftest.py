"""Programs that tests start find the package as the tests do."""

import os
from pathlib import Path

os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
