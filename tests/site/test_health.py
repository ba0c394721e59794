"""The health address says whether the database answers."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_health_is_ok_when_the_database_answers(client: Client) -> None:
    answer = client.get("/sante/")
    assert (answer.status_code, answer.json()) == (200, {"base": "ok"})
