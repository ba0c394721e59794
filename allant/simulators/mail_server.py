"""A mail server on loopback: keeps what it is given in a Maildir, and misbehaves as the recipient's address says.

`refuse-…` is refused (550), `later-…` is put off the first time (451), `drop-…` cuts the connection before the answer though the
mail is kept, `lose-…` cuts it and keeps nothing, `bounce-…` is kept and comes back as a notification of failure (RFC 3464),
`full-…` comes back as a full mailbox. `--delay` waits that many seconds before each answer to DATA.
"""

from __future__ import annotations

import argparse
import asyncio
import mailbox
import signal
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import default
from email.utils import make_msgid
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

PORT = 9425
BOUNCES = {"bounce": "5.1.1", "full": "5.2.2"}


class Handler:
    """Decides by the local part of the first recipient."""

    def __init__(self, kept: Path, bounces: Path, delay: float) -> None:
        self.kept = mailbox.Maildir(str(kept), create=True)
        self.bounces = mailbox.Maildir(str(bounces), create=True)
        self.delay = delay
        self.put_off: set[str] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if address.startswith("refuse-"):
            return "550 5.1.1 unknown user"
        if address.startswith("later-") and address not in self.put_off:
            self.put_off.add(address)
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a mail, or do what its recipient's name says."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        mail = BytesParser(policy=default).parsebytes(content)
        way = envelope.rcpt_tos[0].partition("-")[0]
        if way != "lose":
            self.kept.add(content)
        if way in BOUNCES:
            self.bounces.add(notification(mail, envelope.rcpt_tos[0], BOUNCES[way]).as_bytes())
        await asyncio.sleep(self.delay)
        if way in ("drop", "lose"):
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            raise asyncio.CancelledError
        return "250 2.0.0 taken"


def notification(mail: Message, recipient: str, status: str) -> Message:
    """A notification of failure with the headers of the mail that came back."""
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = "MAILER-DAEMON@relais.exemple.fr"
    report["To"] = str(mail["From"] or "")
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Message-ID"] = make_msgid(domain="relais.exemple.fr")
    report.attach(MIMEText("The mail could not be delivered.\n"))
    server, about = Message(), Message()
    server["Reporting-MTA"] = "dns; relais.exemple.fr"
    about["Final-Recipient"] = f"rfc822; {recipient}"
    about["Action"], about["Status"] = "failed", status
    fields = Message()
    fields.set_type("message/delivery-status")
    fields.set_payload([server, about])
    report.attach(fields)
    report.attach(MIMEText("".join(f"{name}: {value}\n" for name, value in mail.items()), "rfc822-headers"))
    return report


async def serve(port: int, handler: Handler) -> None:
    """Listen until the process is ended; prints the address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, loop=loop, hostname="relais.exemple.fr"), "127.0.0.1", port)
    print(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    await ended.wait()
    server.close()


def main() -> None:
    """Read the options and listen."""
    parser = argparse.ArgumentParser(description="Un serveur de courriel simulé, à une adresse locale.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--maildir", type=Path, default=Path("courriels"), help="où les courriels reçus sont gardés")
    parser.add_argument("--bounces", type=Path, default=Path("rejets"), help="où les rejets sont laissés")
    parser.add_argument("--delay", type=float, default=0.0, help="secondes avant chaque réponse")
    options = parser.parse_args()
    asyncio.run(serve(options.port, Handler(options.maildir, options.bounces, options.delay)))


if __name__ == "__main__":
    main()
