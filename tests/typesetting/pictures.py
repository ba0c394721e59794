"""Pages as pictures, as a printer would show them."""

from __future__ import annotations

from PIL.Image import Image
from pypdfium2 import PdfDocument


def pictures_of(pdf: bytes, dpi: int = 100) -> list[Image]:
    """Each page of the file."""
    with PdfDocument(pdf) as document:
        return [page.render(scale=dpi / 72).to_pil() for page in document]
