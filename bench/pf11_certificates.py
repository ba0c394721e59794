"""PF-11: certificates signed and verified, the whole chain beside the bare ES256 operation.

    python bench/pf11_certificates.py [--certificates 2000] [--rounds 5]

Signing: from a content to the text of a QR code. Verifying: from that text to a verdict against 300 keys, schema checked.
Prints CPU-seconds and ratios of speed (bare / chain); medians of the rounds, in turn, so that a busy moment touches both.
Aim: signed at 0.3 x, verified at 0.8 x the speed of the bare operation.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allant.site.settings")

from allant.certificates.envelope import open_text
from allant.certificates.signing import Signer
from allant.certificates.trust import TrustedKey, trust_list
from allant.certificates.verification import verify
from allant.typesetting import qr_code

ECDSA = ec.ECDSA(SHA256())
ISSUED, EXPIRES, DAY = datetime(2021, 7, 1, tzinfo=UTC), datetime(2023, 7, 1, tzinfo=UTC), date(2021, 12, 1)


def content(number: int) -> dict[str, object]:
    """A certificate of its own."""
    entry = {
        "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2, "dt": "2021-06-15",
        "co": "FR", "is": "CNAM", "ci": f"URN:UVCI:01:FR:ABCDEFGHIJKL{number:08d}#K",
    }  # fmt: skip
    name = {"fn": "Mercier", "fnt": "MERCIER", "gn": "Suzanne", "gnt": "SUZANNE"}
    return {"ver": "1.3.0", "nam": name, "dob": "1980-03-12", "v": [entry]}


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--certificates", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    key = ec.generate_private_key(ec.SECP256R1())
    signer, public = Signer(b"\x01" * 8, key), key.public_key()
    others = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(299))
    strangers = (TrustedKey(number.to_bytes(8), one) for number, one in enumerate(others))
    trust = trust_list([TrustedKey(signer.kid, public), *strangers])
    contents = [content(number) for number in range(arguments.certificates)]
    texts = [signer.certify(each, issuer="FR", issued_at=ISSUED, expires_at=EXPIRES) for each in contents]
    messages = [open_text(text).to_be_signed for text in texts]
    signatures = [key.sign(message, ECDSA) for message in messages]
    tasks: dict[str, Callable[[], object]] = {
        "bare signature": lambda: [key.sign(message, ECDSA) for message in messages],
        "signed": lambda: [signer.certify(each, issuer="FR", issued_at=ISSUED, expires_at=EXPIRES) for each in contents],
        "bare verification": lambda: [
            public.verify(signature, message, ECDSA) for signature, message in zip(signatures, messages, strict=True)
        ],
        "verified": lambda: all(verify(text, trust, DAY).valid for text in texts) or _fail(),
    }
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(arguments.rounds):
        for name, task in tasks.items():
            began = time.process_time()
            task()
            taken[name].append(time.process_time() - began)
    speeds = {name: arguments.certificates / statistics.median(seconds) for name, seconds in taken.items()}
    for name, speed in speeds.items():
        print(f"{name:20} {speed:8.0f} a CPU-second, {1e6 / speed:6.0f} µs each")
    print(f"signed   {speeds['signed'] / speeds['bare signature']:.2f} x the bare operation (aim 0.3)")
    print(f"verified {speeds['verified'] / speeds['bare verification']:.2f} x the bare operation (aim 0.8)")
    began = time.process_time()
    for text in texts[:200]:
        qr_code(text)
    drawing = (time.process_time() - began) / 200
    print(f"a QR code drawn: {drawing * 1e6:.0f} µs, {drawing * speeds['signed']:.0f} x the signing of its text")


def _fail() -> None:
    raise SystemExit("a certificate was refused: the figures would mean nothing")


if __name__ == "__main__":
    main()
