"""QR codes as pictures for a page, drawn as vectors."""

from __future__ import annotations

import zxingcpp


def qr_code(text: str) -> str:
    """The QR code of `text` as SVG, without its quiet zone (the page leaves four modules of white around it).

    Error correction M: up to 15 % of the symbol may be worn or folded away.
    """
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(zxingcpp.write_barcode_to_svg(symbol, add_quiet_zones=False))


def data_matrix(text: str) -> str:
    """The Data Matrix of a short text as SVG, without its quiet zone: small enough for the window of an envelope."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix)
    return str(zxingcpp.write_barcode_to_svg(symbol, add_quiet_zones=False))
