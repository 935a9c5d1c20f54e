"""Cases: opened, handled, and in two places at once."""

from tongban.kernel.cases.commands.arriving import keep_files, receive_case, take_act, take_refusal, take_state
from tongban.kernel.cases.commands.elsewhere import enclosed, tell_filer
from tongban.kernel.cases.commands.handling import (
    claim_item,
    complete_item,
    deem_accepted,
    delegate_item,
    lapse_correction,
    number_prefix,
    open_case,
    return_item,
    search_tokens,
    withdraw_case,
)
from tongban.kernel.cases.commands.official import end_official, open_official

__all__ = [
    "claim_item", "complete_item", "deem_accepted", "delegate_item", "enclosed", "end_official", "keep_files", "lapse_correction", "number_prefix", "open_case", "open_official", "receive_case", "return_item",
    "search_tokens", "take_act", "take_refusal", "take_state", "tell_filer", "withdraw_case",
]  # fmt: skip
