"""`allant serve`: the pages at a local address, with the simulated outside services beside them."""

import os
import sys
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import typer

from allant.cli import simulate
from allant.cli.processes import LOCAL, Children, NoFreePort, free_port
from allant.site import assets, home, start
from allant.site.providers import PROVIDERS

FIRST_PORT = 8000
WORKERS = 2
THREADS = 4  # per worker: more only wait for the same two cores
LEAVE_WORKERS = 2  # seconds a worker has to end; one that was being replaced would stay for ever
PATIENCE = 60  # seconds for the first answer
SIMULATORS = {"partner": "partners"}  # where the service and its simulator bear different names
READER = ("vitale-reader", "ALLANT_READER_URL", 9405)  # the carte Vitale reader: name, variable, port
CARDS = "vitale-cards.yaml"  # written by `allant demo`
ROUND = 2.0  # seconds between two looks at the database


def serve(
    port: int = typer.Option(None, help=f"Port local (par défaut : {FIRST_PORT}, ou le premier libre au-dessus)."),
    simulators: bool = typer.Option(True, help="Lance aussi les services de connexion simulés (sur cette machine seulement)."),
) -> None:
    """Ouvre les pages à une adresse locale, jusqu'à Ctrl-C.

    Exemple : allant serve --port 8080
    """
    raise typer.Exit(run_site(port=port, simulators=simulators))


def run_site(*, port: int | None = None, simulators: bool = True) -> int:
    """Bring everything up to date, serve until Ctrl-C or SIGTERM; the exit code: 0 stopped by the user, 1 something failed."""
    ready = start.start(migrate=True)
    start.forget_ended_sessions()
    assets.collect_if_changed()
    try:
        chosen = free_port(port or FIRST_PORT, port)
        with Children() as children:
            outside = _start_simulators(children, chosen) if simulators and not home.is_public() else {}
            children.start("site", _server(chosen), os.environ | outside)
            if not _answer(children, [f"http://{LOCAL}:{chosen}/sante/", *outside.values()]):
                return _failed(children.ended())
            typer.echo(f"Allant est ouvert : http://{LOCAL}:{chosen}/   (Ctrl-C pour fermer)")
            watch = ready.cluster.start if ready.cluster else lambda: None  # a killed server is started again
            return _failed(children.watch(ROUND, watch))
    except NoFreePort as error:
        typer.secho(str(error), fg="red", err=True)
        return 1
    except KeyboardInterrupt:
        typer.echo("Fermé.")
        return 0


def _server(port: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", LOCAL, "--port", str(port),
        "--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--respawn-failed-workers",
        "--workers-kill-timeout", str(LEAVE_WORKERS), "--log-level", "warning",
        "allant.site.wsgi:application",
    ]  # fmt: skip


def _start_simulators(children: Children, site_port: int) -> dict[str, str]:
    """Start the simulator of every outside service that has no address of its own; the addresses, as the settings read them."""
    addresses: dict[str, str] = {}
    promised: set[int] = set()  # a simulator takes a moment to listen at its port
    services = [(SIMULATORS.get(one.id, one.id), f"{one.variable}_URL", one.local_port) for one in PROVIDERS]
    for name, variable, first_port in (*services, READER):
        if name in simulate.names() and not os.environ.get(variable):
            port = free_port(first_port, besides=promised)
            promised.add(port)
            options = _reader_options(site_port) if name == READER[0] else _account_options(name)
            journal = home.folder() / f"{name}.log"
            children.start(name, simulate.command(name, "--port", str(port), *options), os.environ, journal)
            addresses[variable] = f"http://{LOCAL}:{port}"
    return addresses


def _account_options(name: str) -> list[str]:
    """The accounts of persons of the demonstration's own country, once there is one."""
    accounts = home.folder() / f"{name}-accounts.yaml"
    return ["--accounts", str(accounts)] if accounts.exists() else []


def _reader_options(site_port: int) -> list[str]:
    """The pages that may read the card, and the cards of the demonstration's own country once there is one."""
    origins = [word for host in (LOCAL, "localhost") for word in ("--origin", f"http://{host}:{site_port}")]
    cards = home.folder() / CARDS
    return [*origins, *(("--cards", str(cards)) if cards.exists() else ())]


def _answer(children: Children, addresses: list[str]) -> bool:
    """Wait for a first answer at every address; False when a child ended before, or something stayed silent."""
    deadline, silent = time.monotonic() + PATIENCE, list(addresses)
    while silent and time.monotonic() < deadline and not children.ended():
        silent = [address for address in silent if not _speaks(address)]
        time.sleep(0.1 if silent else 0)
    return not silent


def _speaks(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):
            return True
    except HTTPError:
        return True  # it answers, if only to say what is wrong
    except (URLError, OSError):
        return False


def _failed(ended: dict[str, int]) -> int:
    for name, code in ended.items():
        typer.secho(f"« {name} » s'est arrêté (code {code}). Son message est ci-dessus.", fg="red", err=True)
    if not ended:
        typer.secho(f"Le site ou un service simulé ne répond pas après {PATIENCE} secondes.", fg="red", err=True)
    return 1
