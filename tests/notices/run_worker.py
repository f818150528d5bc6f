"""The real worker as a process of its own, for tests that kill it: ``python -m tests.notices.run_worker DATA``."""

import os
import sys
from pathlib import Path

from backend import logs, settings, worker

if __name__ == "__main__":
    logs.configure(process="worker", json=True)
    worker.run(settings.read(os.environ, data=Path(sys.argv[1])))
