"""`allant simulate NAME`: one outside service, simulated, in its own process."""

import importlib.util
import os
import pkgutil
import sys

import typer

PACKAGE = "allant.simulators"


def names() -> list[str]:
    """The simulators there are: modules of the package that can be run. They are found, never imported."""
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(places) if _can_run(places, module.name))


def command(name: str, *options: str) -> list[str]:
    """The words that start simulator `name` as a process."""
    return [sys.executable, "-m", f"{PACKAGE}.{name.replace('-', '_')}", *options]


def simulate(
    name: str = typer.Argument(help="Le service simulé, par exemple « agency »."),
    port: int = typer.Option(None, help="Port local d'écoute (par défaut : celui du simulateur)."),
    options: list[str] = typer.Argument(None, help="Autres options du simulateur, après « -- »."),
) -> None:
    """Lance un service extérieur simulé, à une adresse locale, jusqu'à Ctrl-C.

    Exemples : allant simulate agency --port 9401 ; allant simulate vitale-reader -- --cards cartes.yaml
    """
    if name.replace("_", "-") not in names():
        typer.secho(f"Simulateur inconnu : « {name} ». Simulateurs : {', '.join(names()) or 'aucun'}.", fg="red", err=True)
        raise typer.Exit(2)
    words = command(name, *(["--port", str(port)] if port else []), *(options or []))
    os.execv(words[0], words)


def _can_run(places: list[str], module: str) -> bool:
    """A module that names itself as a program."""
    for place in places:
        path = os.path.join(place, f"{module}.py")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                return "__main__" in source.read()
    return False
