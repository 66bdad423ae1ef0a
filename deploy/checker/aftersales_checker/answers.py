"""I12: no caller was told of a failure of ours. Away or busy is 503 or 504, and worth another attempt."""

from typing import Final

from aftersales_checker.found import Found, Verdict

FAILURES: Final = range(500, 600)
NOT_NOW: Final = (503, 504)


def not_now_at_worst(found: Found) -> Verdict:
    verdict = Verdict("I12")
    answers = [line for line in found.run.operations if line["type"] != "invoke" and line.get("value") is not None]
    for line in answers:
        if line["value"] in FAILURES and line["value"] not in NOT_NOW:
            verdict.wrong(f"{line.get('service')} answered {line.get('f')} with {line['value']}.")
    verdict.figures["answers"] = len(answers)
    verdict.figures["not_now"] = sum(line["value"] in NOT_NOW for line in answers)
    return verdict
