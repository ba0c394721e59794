"""Sendings one after the other: what the recording does with them."""

from . import Step, Story

FIRST = "2021-03-01 comirnaty 1 primary 2"
SECOND = "2021-04-01 comirnaty 2 primary 2"
TOO_SOON = "2021-03-10 comirnaty 2 primary 2"
EARLY = "2020-12-10 comirnaty 1 primary 2"

STORIES = [
    Story(
        "VC-39: the same dose, whatever the key",
        [
            Step("a", FIRST, "recorded"),
            Step("a", FIRST, "already there"),
            Step("b", FIRST, "already there"),
        ],
    ),
    Story(
        "VC-39: a key names one dose for ever",
        [Step("a", FIRST, "recorded"), Step("a", SECOND, "refused: key_reused"), Step("b", SECOND, "recorded")],
    ),
    Story(
        "VC-38: another dose of a rank, or of a day, is a correction to make",
        [
            Step("a", FIRST, "recorded"),
            Step("b", "2021-03-05 comirnaty 1 primary 2", "refused: rank_taken"),
            Step("c", "2021-03-01 comirnaty 2 primary 2", "refused: same_day"),
            Step("c", "2021-03-01 comirnaty 2 primary 2", "refused: same_day", forced_reason="vraiment"),
        ],
    ),
    Story(
        "VC-38: a rule is forced with a reason, and the dose is marked",
        [
            Step("a", FIRST, "recorded", forced_reason="sans objet"),
            Step("b", TOO_SOON, "refused: interval_too_short"),
            Step("b", TOO_SOON, "recorded, forced: interval_too_short", forced_reason="départ en mission"),
        ],
    ),
    Story(
        "VC-33: a second product that the doctrine does not foresee is forced with a reason",
        [
            Step("a", FIRST, "recorded"),
            Step("b", "2021-04-01 spikevax 2 primary 2", "refused: product_not_foreseen"),
            Step("b", "2021-04-01 spikevax 2 primary 2", "recorded, forced: product_not_foreseen", forced_reason="allergie"),
        ],
    ),
    Story(
        "VC-38: no reason lets in what cannot be",
        [
            Step("a", "2022-01-02 comirnaty 1 primary 2", "refused: in_the_future", forced_reason="vraiment"),
            Step("a", "1950-04-30 comirnaty 1 primary 2", "refused: before_birth", forced_reason="vraiment"),
            Step("a", "2021-03-01 astra 1 primary 2", "refused: unknown_vaccine", forced_reason="vraiment"),
        ],
    ),
    Story(
        "VC-38: several rules are said together",
        [Step("a", "2021-03-01 janssen 2 primary 1", "refused: before_authorisation, rank_skips, beyond_series")],
    ),
    Story(
        "VC-42: a dose given abroad, or before the service, enters with its proof",
        [
            Step("a", EARLY, "refused: before_authorisation"),
            Step("a", EARLY, "recorded, forced: before_authorisation", told={"proof": "certificat NHS"}),
            Step("b", "2021-01-05 comirnaty 2 primary 2", "recorded", told={"proof": "certificat NHS"}),
        ],
    ),
    Story(
        "VC-40: an infection declared counts as the doctrine of the day says",
        [
            Step("a", "2021-02-11 comirnaty 1 primary 1", "refused: series_too_short"),
            Step("a", "2021-02-12 comirnaty 1 primary 1", "recorded"),
        ],
        given={"infection": "2020-04-01"},
    ),
    Story(
        "VC-30: a lot that is expired or recalled is refused, and forced when the dose is done",
        [
            Step("a", FIRST, "refused: lot_expired", told={"lot": "EX1"}),
            Step("a", FIRST, "refused: lot_recalled", told={"lot": " re 1"}),
            Step("a", FIRST, "recorded, forced: lot_recalled", forced_reason="déjà injectée", told={"lot": "re1"}),
            Step("b", SECOND, "recorded", told={"lot": "ailleurs"}),
        ],
        given={"lot EX1 expires": "2021-02-28", "lot RE1 recalled": "2021-03-01"},
    ),
    Story(
        "VC-41: boosters follow a complete schedule",
        [
            Step("a", FIRST, "recorded"),
            Step("b", "2021-11-01 comirnaty 2 booster 2", "refused: booster_without_primary"),
            Step("b", SECOND, "recorded"),
            Step("c", "2021-09-30 comirnaty 3 booster 2", "refused: booster_too_early"),
            Step("c", "2021-10-01 comirnaty 3 booster 2", "recorded"),
        ],
    ),
]
