"""The code in a picture: a photograph, a screen shot, a frame of a camera (RP-11). Nothing is kept."""

from __future__ import annotations

import io
import warnings
from typing import Any

import zxingcpp
from PIL import Image, UnidentifiedImageError

LARGEST_FILE = 12_000_000  # bytes: a photograph of a telephone
LARGEST_SIDE = 2_400  # pixels: larger pictures are reduced, codes are read as well
MOST_PIXELS = 60_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
TOO_LARGE = "Cette image est trop grande : réduisez-la, ou cadrez le code."
UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError)
READ = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.DataMatrix, zxingcpp.BarcodeFormat.Aztec)


class NoCode(LookupError):
    """A picture without a code that can be read; says so in French."""


def text_of_picture(content: bytes) -> str:
    """The text of the first code of a picture, a European certificate before any other. Raises NoCode."""
    formats: Any = list(READ)  # the type that the library states is one it warns of
    found = zxingcpp.read_barcodes(_opened(content), formats=formats, text_mode=zxingcpp.TextMode.Plain)
    texts = [code.text for code in found]
    if not texts:
        raise NoCode("Aucun code lisible dans cette image : cadrez-le de plus près, bien éclairé et net.")
    return str(next((text for text in texts if text.startswith("HC1:")), texts[0]))


def _opened(content: bytes) -> Image.Image:
    """The picture in grey, no larger than reading needs. Raises NoCode."""
    if len(content) > LARGEST_FILE:
        raise NoCode("Cette image est trop lourde : envoyez une photographie de moins de 12 Mo.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise NoCode(TOO_LARGE)
            picture.draft("L", (LARGEST_SIDE, LARGEST_SIDE))
            grey = picture.convert("L")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise NoCode(TOO_LARGE) from None
    except UNREADABLE:
        raise NoCode("Ce fichier n'est pas une image lisible : envoyez un PNG ou un JPEG.") from None
    grey.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return grey
