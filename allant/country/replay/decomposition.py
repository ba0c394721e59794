"""From official margins of a vaccine and day to kinds of acts.

Per vaccine and day, with the kinds of `Act` (see `plan`):
    dose1    = FIRST + ONLY
    dose2    = SECOND + EXTRA_SECOND + BOOSTER_AT_TWO
    dose3    = THIRD + BOOSTER_AT_THREE + SECOND_BOOSTER_AT_THREE
    dose4    = FOURTH + BOOSTER_AT_FOUR + SECOND_BOOSTER_AT_FOUR
    complete = ONLY + SECOND
    booster  = BOOSTER_AT_TWO + BOOSTER_AT_THREE + BOOSTER_AT_FOUR
    booster2 = SECOND_BOOSTER_AT_THREE + SECOND_BOOSTER_AT_FOUR
    booster3 = THIRD_BOOSTER, a fifth dose: the files have no column for that rank
Twelve unknowns, eight equations: the acts hardest to explain are kept as few as can be. Second boosters are fourth doses
first, then third; boosters are third doses first, then fourth, then second; complete schedules are second doses first,
then single doses.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from allant.country.official.series import Counts


class Act(StrEnum):
    """Kinds of acts; `AT_` is followed by the rank of the dose."""

    FIRST = "first"  # first dose, others must follow
    ONLY = "only"  # first dose that completes: Janssen, or one dose after an infection
    SECOND = "second"  # second dose that completes
    EXTRA_SECOND = "extra_second"  # second dose of a person already complete after one
    THIRD = "third"  # third primary dose (severe immunodepression)
    FOURTH = "fourth"  # neither completes nor boosts
    BOOSTER_AT_TWO = "booster_at_two"  # booster of a person complete after one dose
    BOOSTER_AT_THREE = "booster_at_three"
    BOOSTER_AT_FOUR = "booster_at_four"  # booster after a third primary dose
    SECOND_BOOSTER_AT_THREE = "second_booster_at_three"  # after a booster at two
    SECOND_BOOSTER_AT_FOUR = "second_booster_at_four"  # after a booster at three
    THIRD_BOOSTER = "third_booster"


def decompose(margins: Mapping[str, Counts]) -> dict[Act, Counts]:
    """Daily counts of each act, of the shape of the margins ([day, vaccine]), from the eight official measures."""
    booster2_at_four = np.minimum(margins["booster2"], margins["dose4"])
    booster2_at_three = np.minimum(margins["booster2"] - booster2_at_four, margins["dose3"])
    dose3, dose4 = margins["dose3"] - booster2_at_three, margins["dose4"] - booster2_at_four
    at_three = np.minimum(margins["booster"], dose3)
    at_four = np.minimum(margins["booster"] - at_three, dose4)
    at_two = np.minimum(margins["booster"] - at_three - at_four, margins["dose2"])
    second = np.minimum(margins["complete"], margins["dose2"] - at_two)
    only = np.minimum(margins["complete"] - second, margins["dose1"])
    return {
        Act.FIRST: margins["dose1"] - only,
        Act.ONLY: only,
        Act.SECOND: second,
        Act.EXTRA_SECOND: margins["dose2"] - at_two - second,
        Act.THIRD: dose3 - at_three,
        Act.FOURTH: dose4 - at_four,
        Act.BOOSTER_AT_TWO: at_two,
        Act.BOOSTER_AT_THREE: at_three,
        Act.BOOSTER_AT_FOUR: at_four,
        Act.SECOND_BOOSTER_AT_THREE: booster2_at_three,
        Act.SECOND_BOOSTER_AT_FOUR: booster2_at_four,
        Act.THIRD_BOOSTER: margins["booster3"],
    }
