"""`allant serve`: the pages, as a user opens them."""

import os
import re
import signal
import socket
import time
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from allant.cli.processes import LOCAL, NoFreePort, free_port
from tests.cli.runs import Installation


def opened(line: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line
    return found.group()


@pytest.mark.timeout(300)
def test_serve_opens_hashed_pages_mends_its_database_and_closes_everything(used_installation: Installation) -> None:
    with used_installation.running("serve", "--no-simulators") as process:
        assert process.stdout
        address = opened(process.stdout.readline())
        with urlopen(address, timeout=30) as page:
            policy, html = page.headers["Content-Security-Policy"], page.read().decode()
        assert "default-src 'self'" in policy and "unsafe-inline" not in policy
        sheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', html)
        assert sheet, "no hashed style sheet in the page"
        with urlopen(address.rstrip("/") + sheet.group(1), timeout=30) as styles:
            assert styles.status == 200 and "immutable" in styles.headers["Cache-Control"]

        os.kill(int((used_installation.cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert answers_again(f"{address}sante/")

        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    with pytest.raises(OSError, match="refused"):
        urlopen(f"{address}sante/", timeout=5)


def answers_again(address: str) -> bool:
    for _ in range(100):
        try:
            with urlopen(address, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.2)
    return False


@pytest.mark.timeout(300)
def test_nothing_goes_on_when_serve_is_killed(used_installation: Installation) -> None:
    """Simulators and workers end with it: the next start finds its ports free."""
    with used_installation.running("serve", "--port", str(free_port(8200))) as process:
        assert process.stdout
        address = opened(process.stdout.readline())
        with urlopen(f"{address}connexion/", timeout=30) as page:
            simulators = re.findall(r"http://127\.0\.0\.1:\d+", page.headers["Content-Security-Policy"])
        assert len(simulators) == 5 and all(map(accepts, simulators))  # four doors and the card reader
        process.kill()
    assert all(closes(place) for place in [address, *simulators])


def accepts(address: str) -> bool:
    port = urlsplit(address).port
    with socket.socket() as visitor:
        return visitor.connect_ex((LOCAL, port or 0)) == 0


def closes(address: str) -> bool:
    """Within ten seconds."""
    for _ in range(50):
        if not accepts(address):
            return True
        time.sleep(0.2)
    return False


def test_serve_takes_the_next_free_port() -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        port = taken.getsockname()[1]
        following = free_port(port)
        assert following > port
        assert free_port(port, besides={following}) > following, "promised to another simulator, which does not listen yet"
        with pytest.raises(NoFreePort, match=str(port)):
            free_port(port, port)


def test_serve_refuses_a_port_that_is_taken(used_installation: Installation) -> None:
    with socket.socket() as taken:
        taken.bind((LOCAL, 0))
        taken.listen()
        done = used_installation.run("serve", "--no-simulators", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1 and "Aucun port libre" in done.stderr
