"""Starting simulators as the processes they are."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def simulator(name: str, *options: str) -> Iterator[str]:
    """Run `python -m allant.simulators.<name>` on a free port; gives its address."""
    command = [sys.executable, "-W", "ignore", "-m", f"allant.simulators.{name}", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout and process.stderr
            address = process.stdout.readline().strip()
            assert address, process.stderr.read()
            yield address
        finally:
            process.terminate()
            process.communicate()
