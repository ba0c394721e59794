"""The words that an invitation lends its message: the code exists only here, while a message is written."""

from collections.abc import Mapping, Sequence

from allant.campaigns import keyring
from allant.campaigns.codes import render
from allant.campaigns.models import Invitation


def variables_of_invitations(invitation_ids: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
    """`code` and `name` for each invitation."""
    rows = list(
        Invitation.objects.filter(pk__in=invitation_ids).values_list(
            "pk", "code_serial", "code_key_version", "person__given_names", "person__family_name"
        )
    )
    variables: dict[int, Mapping[str, str]] = {}
    for version, key in keyring.keys().items():
        of_key = [row for row in rows if row[2] == version]
        for (pk, _, _, given, family), code in zip(of_key, render([row[1] for row in of_key], key), strict=True):
            variables[pk] = {"code": f"{code[:4]} {code[4:8]} {code[8:]}", "name": f"{given} {family}"}
    return variables
