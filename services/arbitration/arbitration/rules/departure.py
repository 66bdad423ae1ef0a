"""An agent departs from what is recommended (rulebook 8.27, 8.40, 8.45)."""

from msgspec.structs import replace

from arbitration.domain.commands import Departure
from arbitration.domain.file import File
from arbitration.domain.reasons import Family, family
from arbitration.rules.recommend import Recommendation


def depart(recommended: Recommendation, wanted: Departure, file: File, reason: str) -> Recommendation:
    """The departure: rule, liable side and payers stay, remedy and refund are replaced, compensation where it is named.

    Where the recommendation is refused, so is a departure from it. No cap holds a compensation; above the limit of four
    eyes it needs a second agent as any other.
    """
    if recommended.refused is not None:
        return recommended
    if wanted.reason is None:
        return _refused("reason-missing", "A ruling that departs from the recommendation needs a reason.")
    if wanted.amount > file.cap:
        return _refused("above-cap", f"{wanted.amount} is above the cap of this dispute, {file.cap} (minor units).")
    if wanted.remedy == "return" and family(reason) in (Family.NOT_RECEIVED, Family.LATE):
        return _refused("refund-only", f"{reason} takes refund plans only: there are no goods to send back.")
    compensation = recommended.compensation if wanted.compensation is None else wanted.compensation
    return replace(
        recommended,
        remedy=wanted.remedy if wanted.amount + compensation else "none",
        refund=wanted.amount,
        compensation=compensation,
        # The payers of the recommendation stay, where it had goods sent back (rulebook 8.40).
        freight_bearer=recommended.freight_bearer if recommended.remedy == "return" else "reason",
        # What the carrier owes is what the loss cost.
        carrier_claim=wanted.amount if recommended.carrier_claim else 0,
        breakdown={"formula": "departure", "refund": wanted.amount, "compensation": compensation, "cap": file.cap},
        turns=(),
    )


def _refused(slug: str, sentence: str) -> Recommendation:
    return Recommendation(refused=slug, sentence=sentence)
