"""From official margins of a vaccine and day to kinds of acts.

Per vaccine and day, with the kinds of `Act` (see `plan`):
    dose1    = FIRST + ONLY
    dose2    = SECOND + EXTRA_SECOND + SECOND_BOOSTER
    dose3    = THIRD_BOOSTER + THIRD
    dose4    = FOURTH_BOOSTER + FOURTH
    complete = ONLY + SECOND
    booster  = SECOND_BOOSTER + THIRD_BOOSTER + FOURTH_BOOSTER
Nine unknowns, six equations: the acts hardest to explain are kept as few as can be. Boosters are third doses first,
then fourth, then second; complete schedules are second doses first, then single doses.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from allant.country.official.series import Counts


class Act(StrEnum):
    """Kinds of acts."""

    FIRST = "first"  # first dose, others must follow
    ONLY = "only"  # first dose that completes: Janssen, or one dose after an infection
    SECOND = "second"  # second dose that completes
    EXTRA_SECOND = "extra_second"  # second dose of a person already complete after one
    SECOND_BOOSTER = "second_booster"  # booster of a person complete after one dose
    THIRD = "third"  # third primary dose (severe immunodepression)
    THIRD_BOOSTER = "third_booster"
    FOURTH = "fourth"  # neither completes nor boosts
    FOURTH_BOOSTER = "fourth_booster"  # booster after a third primary dose


def decompose(margins: Mapping[str, Counts]) -> dict[Act, Counts]:
    """Daily counts of each act, of the shape of the margins ([day, vaccine]), from the six official measures."""
    third_booster = np.minimum(margins["booster"], margins["dose3"])
    fourth_booster = np.minimum(margins["booster"] - third_booster, margins["dose4"])
    second_booster = np.minimum(margins["booster"] - third_booster - fourth_booster, margins["dose2"])
    second = np.minimum(margins["complete"], margins["dose2"] - second_booster)
    only = np.minimum(margins["complete"] - second, margins["dose1"])
    return {
        Act.FIRST: margins["dose1"] - only,
        Act.ONLY: only,
        Act.SECOND: second,
        Act.EXTRA_SECOND: margins["dose2"] - second_booster - second,
        Act.SECOND_BOOSTER: second_booster,
        Act.THIRD: margins["dose3"] - third_booster,
        Act.THIRD_BOOSTER: third_booster,
        Act.FOURTH: margins["dose4"] - fourth_booster,
        Act.FOURTH_BOOSTER: fourth_booster,
    }
