"""`allant worker`: a sending process, or the one that runs the jobs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event

import typer

from allant.outreach.models import Channel
from allant.outreach.sms.routes import BadRoute
from allant.outreach.workers import Life, Sender, new_name, run

JOBS = "jobs"
WHAT = "Ce qu'il fait : « sms », « email », « account » (messages dans le compte), ou « jobs » (tâches)."


def _sms(name: str) -> Sender:
    from allant.outreach.sms.routes import configured
    from allant.outreach.sms.sender import Sender as SmsSender

    return SmsSender(configured(), name)


def _email(name: str) -> Sender:
    from allant.outreach.emails.route import from_environment
    from allant.outreach.emails.sender import Sender as EmailSender

    return EmailSender(from_environment(), name)


def _account(name: str) -> Sender:
    from allant.outreach.account.sender import Sender as AccountSender

    return AccountSender(name)


SENDERS: dict[str, Callable[[str], Sender]] = {Channel.SMS: _sms, Channel.EMAIL: _email, Channel.ACCOUNT: _account}
"""Channel → what makes its sender, given the name of the process."""


def worker(
    channel: str = typer.Option(Channel.SMS.value, help=WHAT),
    once: bool = typer.Option(False, "--once", help="S'arrête quand il n'y a plus rien à faire (essais, cron)."),
) -> None:
    """Vide une file d'envoi, ou exécute les tâches périodiques, jusqu'à Ctrl-C ou SIGTERM.

    Plusieurs processus sur plusieurs machines peuvent vider le même canal. Exemples : allant worker --channel sms ;
    allant worker --channel jobs --once
    """
    if channel == JOBS:
        _run_jobs(once=once)
        return
    if channel not in SENDERS:
        typer.secho(f"Canal inconnu : « {channel} ». Canaux : {', '.join([*SENDERS, JOBS])}.", fg="red", err=True)
        raise typer.Exit(2)
    name = new_name(channel)
    try:
        sender = SENDERS[channel](name)
        handled = run(sender, Life(name, channel), _told_to_stop(), once=once)
    except (BadRoute, ConnectionError) as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{handled} messages traités.")


def _told_to_stop() -> Event:
    """Set by SIGTERM or Ctrl-C: the turn under way ends, what is in flight is awaited."""
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    return stop


def _run_jobs(*, once: bool) -> None:
    from procrastinate.contrib.django import app

    ready = app.with_connector(app.connector.get_worker_connector())
    with ready.open():
        ready.run_worker(wait=not once, concurrency=2, delete_jobs="successful", shutdown_graceful_timeout=60)
