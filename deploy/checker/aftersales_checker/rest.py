"""I11: the run came to rest. Nothing is parked, and whoever ran it saw everything quiet."""

from aftersales_checker.found import Found, Verdict, order_of


def at_rest(found: Found) -> Verdict:
    verdict = Verdict("I11")
    if not found.run.quiet:
        verdict.wrong("The run did not come to rest within its time; what follows may only be unfinished.")
    for service in found.databases:
        for row in found.rows(service, "parked"):
            sentence = f"{row['subject']} in {service} is parked: {row['reason']}."
            verdict.wrong(sentence, order=order_of(row["subject"]))
    verdict.figures["parked"] = sum(len(found.rows(service, "parked")) for service in found.databases)
    return verdict
