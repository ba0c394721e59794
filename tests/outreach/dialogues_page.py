"""`python -m tests.outreach.dialogues_page`: write docs/reference/dialogues.md again."""

import os
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import yaml

if __name__ == "__main__":
    django.setup()
    from allant.outreach.dialogues.document import page

    cases = yaml.safe_load((Path(__file__).parent / "dialogues.yaml").read_text())
    Path("docs/reference/dialogues.md").write_text(page(cases))
