"""Who may what, for every route of every service. `test_matrix` asks each cell of these tables at the real doors."""

from typing import Final

from tests.services.authorization.actors import ACTORS, Cell, Grid, Row

# Of order-tracking and dispute: an order of anna and the shop, one of two others at the same marketplace, one of two
# others at another marketplace, and none at all.
ORDERS_OF: Final = ("own", "another's", "another marketplace's", "none")

OWN_READ: Final[Grid] = {
    "nobody": (401, 401, 401, 401),
    "buyer": (200, 404, 404, 404),
    "seller": (200, 404, 404, 404),
    "marketplace": (200, 200, 404, 404),
    "agent": (200, 200, 200, 404),
    "supervisor": (200, 200, 200, 404),
    "the buyer's id as seller": (404, 404, 404, 404),
    "the seller's id as buyer": (404, 404, 404, 404),
    "the buyer's id as service": (404, 404, 404, 404),
    "the marketplace's id as buyer": (404, 404, 404, 404),
    "the buyer as agent": (404, 200, 200, 404),
    "the seller as supervisor": (404, 200, 200, 404),
}
# A parcel has no side to keep from the other one: who is a party of the order may read it as the platform as well.
PARCEL_READ: Final[Grid] = {
    **OWN_READ,
    "the buyer as agent": (200, 200, 200, 404),
    "the seller as supervisor": (200, 200, 200, 404),
}
LISTED: Final = "listed"


def spoken(buyer: Cell, seller: Cell, marketplace: Cell) -> Grid:
    """A command of the parties on a dispute: what each is answered on their own, the marketplace in a party's name."""
    return {
        **OWN_READ,
        "buyer": (buyer, 404, 404, 404),
        "seller": (seller, 404, 404, 404),
        "marketplace": (marketplace, marketplace, 404, 404),
        "agent": (403, 403, 403, 404),
        "supervisor": (403, 403, 403, 404),
        "the buyer as agent": (404, 403, 403, 404),
        "the seller as supervisor": (404, 403, 403, 404),
    }


NOT_YOURS: Final = "409 not-your-move"
WRONG_STATE: Final = "409 wrong-state"
# A command on an order of which dispute has heard nothing is no dispute's yet: the platform's people are told so too.
OPENING: Final[Grid] = {
    **spoken(201, NOT_YOURS, 201),
    "the buyer as agent": (403, 403, 403, 404),
    "the seller as supervisor": (403, 403, 403, 404),
}
REFUND: Final = {"remedy": "refund", "amount": 1000}

# Of a seller nobody has heard of there is nothing to count, and that is what the platform's people are told.
MEASURED: Final[Grid] = {
    "nobody": (401, 401, 401, 401),
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404, 404, 404, 404)),
    "seller": (200, 404, 404, 404),
    "agent": (200, 200, 200, 200),
    "supervisor": (200, 200, 200, 200),
    "the buyer as agent": (200, 200, 200, 200),
    "the seller as supervisor": (404, 200, 200, 200),
}

DISPUTE: Final = {
    "POST /disputes": Row(
        OPENING,
        "order",
        {
            "order": "{order}",
            "dispute": "{dispute}",
            "units": {"L1": [1]},
            "reason": "SNAD_QUALITY",
            "want": REFUND,
            "evidence": ["photo"],
        },
        speaks="buyer",
    ),
    "POST /disputes/{dispute}/plan": Row(spoken(200, NOT_YOURS, 200), "dispute", {"want": REFUND}, speaks="buyer"),
    "POST /disputes/{dispute}/accept": Row(spoken("409 no-plan", 200, 200), "dispute", {}, speaks="seller"),
    "POST /disputes/{dispute}/refuse": Row(spoken(WRONG_STATE, 200, 200), "dispute", {}, speaks="seller"),
    "POST /disputes/{dispute}/escalate": Row(
        spoken("409 seller-not-heard", NOT_YOURS, "409 seller-not-heard"), "dispute", {}, speaks="buyer"
    ),
    "POST /disputes/{dispute}/cancel": Row(spoken(200, NOT_YOURS, 200), "dispute", {}, speaks="buyer"),
    "POST /disputes/{dispute}/appeal": Row(
        spoken(WRONG_STATE, WRONG_STATE, WRONG_STATE), "dispute", {"evidence": ["invoice"]}, speaks="buyer"
    ),
    "POST /disputes/{dispute}/evidence": Row(
        spoken(200, 200, 200), "dispute", {"evidence": ["photo"]}, speaks="seller"
    ),
    "POST /disputes/{dispute}/evidence-done": Row(
        spoken(WRONG_STATE, WRONG_STATE, WRONG_STATE), "dispute", {}, speaks="seller"
    ),
    "POST /disputes/{dispute}/return-shipped": Row(
        spoken(WRONG_STATE, NOT_YOURS, WRONG_STATE), "dispute", {"carrier": "EMS", "number": "EE1"}, speaks="buyer"
    ),
    "POST /disputes/{dispute}/return-confirmed": Row(
        spoken(NOT_YOURS, WRONG_STATE, WRONG_STATE), "dispute", {}, speaks="seller"
    ),
    "POST /disputes/{dispute}/return-contested": Row(
        spoken(NOT_YOURS, WRONG_STATE, WRONG_STATE), "dispute", {"evidence": ["photo"]}, speaks="seller"
    ),
    "GET /disputes": Row(OWN_READ, "dispute", LISTED),
    "GET /disputes/{dispute}": Row(OWN_READ, "dispute"),
    "GET /disputes/{dispute}/statements": Row(OWN_READ, "dispute"),
    "GET /disputes/{dispute}/history": Row(OWN_READ, "dispute"),
    "GET /orders/{order}": Row(OWN_READ, "dispute"),
    "GET /sellers/{seller}/metrics": Row(MEASURED, "dispute"),
}

SCANNING: Final[Grid] = {
    "nobody": (401, 401, 401, 401),
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (403, 403, 403, 403)),
    # A carrier's integration speaks of any number: a scan says where a parcel is, not whose it is.
    "marketplace": (201, 201, 201, 201),
    "the buyer's id as service": (201, 201, 201, 201),
}
SCAN: Final = {"carrier": "{carrier}", "number": "{number}", "status": "lost", "scanned_at": "2025-03-02T00:00:00Z"}

ORDER_TRACKING: Final = {
    "GET /parcels": Row(PARCEL_READ, "parcel", LISTED),
    "GET /parcels/{carrier}/{number}": Row(PARCEL_READ, "parcel"),
    "GET /parcels/{carrier}/{number}/scans": Row(PARCEL_READ, "parcel"),
    "GET /orders/{order}/parcels": Row(PARCEL_READ, "parcel"),
    "POST /scans": Row(SCANNING, "parcel", SCAN),
}

# Of arbitration: a case of anna and the shop in nobody's hands, in kim's, in another agent's, one of two others in
# nobody's hands, and none.
CASES_OF: Final = ("free", "kim's", "another agent's", "of other parties", "none")


def at_the_desk(agent: tuple[Cell, ...], supervisor: tuple[Cell, ...]) -> Grid:
    """Agents and supervisors alone; to whom is a party of the order there is no such case."""
    return {
        "nobody": (401,) * 5,
        **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404,) * 5),
        "agent": (*agent, 404),
        "supervisor": (*supervisor, 404),
        "the buyer as agent": (404, 404, 404, agent[3], 404),
        "the seller as supervisor": (404, 404, 404, supervisor[3], 404),
    }


TAKEN: Final = "409 case-taken"
FREE: Final = "409 not-taken"
NO_SERVICE: Final = "409 not-for-service"
NO_APPEAL: Final = "409 no-appeal"
ALL_READ: Final = at_the_desk((200,) * 4, (200,) * 4)
RULED: Final = at_the_desk((201, 201, TAKEN, 201), (201,) * 4)
FOUND: Final = {"findings": {"counterfeit": "upheld"}}

# A supervisor grants; whose dispute it is only dispute knows, which refuses a supervisor who is a party of it.
GRANTED: Final[Grid] = {
    "nobody": (401,) * 5,
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404,) * 5),
    "agent": (403,) * 5,
    "the buyer as agent": (403,) * 5,
    "supervisor": (201,) * 5,
    "the seller as supervisor": (201,) * 5,
}
EXTENSION: Final[Grid] = {
    "nobody": (401,) * 5,
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404,) * 5),
    **dict.fromkeys(("agent", "supervisor", "the buyer as agent", "the seller as supervisor"), (*(200,) * 4, 404)),
}

ARBITRATION: Final = {
    "POST /extensions": Row(GRANTED, "case", {"days": 3, "order": "{order}", "dispute": "{dispute}"}),
    "GET /extensions/{extension}": Row(EXTENSION, "extension"),
    "GET /cases": Row(ALL_READ, "case", LISTED),
    "GET /cases/{case}": Row(ALL_READ, "case"),
    "GET /cases/{case}/notes": Row(ALL_READ, "case"),
    "GET /cases/{case}/statements": Row(ALL_READ, "case"),
    "GET /cases/{case}/history": Row(ALL_READ, "case"),
    "POST /cases/{case}/recommendation": Row(ALL_READ, "case", FOUND),
    "POST /cases/{case}/appeal": Row(
        at_the_desk((NO_APPEAL,) * 4, (NO_APPEAL,) * 4),
        "case",
        {"outcome": "uphold"},
        headers={"If-Match": '"{version}"'},
    ),
    "POST /cases/{case}/take": Row(
        at_the_desk((200, "409 already-yours", TAKEN, 200), (200, 200, 200, 200)), "case", None
    ),
    "POST /cases/{case}/hand-back": Row(at_the_desk((FREE, 200, TAKEN, FREE), (FREE, 200, 200, FREE)), "case"),
    "POST /cases/{case}/notes": Row(at_the_desk((201,) * 4, (201,) * 4), "case", {"words": "Looked at it."}),
    "POST /cases/{case}/rulings": Row(RULED, "case", FOUND, headers={"If-Match": '"{version}"'}),
    "POST /cases/{case}/proposals": Row(RULED, "case", {"want": REFUND}, headers={"If-Match": '"{version}"'}),
    "POST /cases/{case}/service": Row(
        at_the_desk((NO_SERVICE, NO_SERVICE, TAKEN, NO_SERVICE), (NO_SERVICE,) * 4),
        "case",
        {"outcome": "rejected"},
        headers={"If-Match": '"{version}"'},
    ),
    "POST /cases/{case}/rulings/{ruling}/second": Row(
        # Whose case it is does not matter: four eyes are to see it.
        at_the_desk((200,) * 4, (200,) * 4),
        "case awaiting a second",
    ),
}

# Of notification: a notice to anna, one to the shop on the same order, one to another buyer, one to anna on an order of
# which the shop was told nothing, and none.
NOTICES_OF: Final = ("anna's", "the shop's", "another's", "anna's of a parcel", "none")
INBOX: Final[Grid] = {
    "nobody": (401,) * 5,
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404,) * 5),
    "buyer": (200, 404, 404, 200, 404),
    "seller": (404, 200, 404, 404, 404),
}
NOTICES: Final[Grid] = {
    "nobody": (401,) * 5,
    **dict.fromkeys((name for name in ACTORS if name != "nobody"), (404,) * 5),
    "agent": (200, 200, 200, 200, 404),
    "supervisor": (200, 200, 200, 200, 404),
    "the buyer as agent": (404, 404, 200, 404, 404),
    "the seller as supervisor": (404, 404, 200, 404, 404),
}

NOTIFICATION: Final = {
    "GET /inbox": Row(INBOX, "notice", LISTED),
    "GET /inbox/{notice}": Row(INBOX, "notice"),
    "POST /inbox/{notice}/read": Row(INBOX, "notice"),
    "GET /notices": Row(NOTICES, "notice", LISTED),
}

# Open to everybody, and to whoever shows a bad token.
OPEN: Final = ("GET /health/live", "GET /health/startup", "GET /health/ready", "GET /metrics")
