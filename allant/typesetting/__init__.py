"""Printed papers: Typst templates to accessible PDF (PDF/UA-1 and PDF/A-3a), in a process that is renewed.

    from allant.typesetting import typeset

    pdf = typeset(TEMPLATE, {"title": "Vaccination", …}, stamp=dose.recorded_at)

A template is a `.typ` file that reads its data as `json(bytes(sys.inputs.data))`; it may import `/typesetting/base.typ`. What it
receives is data and never markup: no name can change the page. The same template, data and stamp give the same bytes.
"""

from allant.typesetting.picture import data_matrix, qr_code
from allant.typesetting.press import PaperFailed, Press, typeset, typeset_many

__all__ = ["PaperFailed", "Press", "data_matrix", "qr_code", "typeset", "typeset_many"]
