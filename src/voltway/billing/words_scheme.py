"""The scheme of words: what every document and mail of billing says, once for all languages.

A language is done when every field is said: the type says so. That the same blanks are filled is a
test.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    name: str  # how the language calls itself
    receipt: str
    paid: str
    owed: str
    nothing_paid: str
    bill: str
    what_you_paid_for: str
    line: str
    amount: str
    how: str
    lines: Mapping[str, str]
    reserved: str
    unused: str
    per_kwh: str
    per_minute: str
    per_hour: str
    per_session: str
    billed_as: str
    free_first: str
    at_most: str
    total: str
    of_which_tax: str
    no_tax_stated: str
    total_net: str
    released_all: str
    released_rest: str
    still_open: str
    not_taken: str
    not_charged: str
    on_account: str
    card_ending: str
    meter: str
    meter_sentence: str
    no_meter: str
    check: str
    check_energy: str
    check_prices: str
    check_tax: str
    check_print: str
    doubtful: str
    visit: str
    place: str
    bay: str
    evse: str
    began: str
    ended: str
    duration: str
    charging: str
    idle: str
    energy: str
    ended_because: str
    token: str
    zone: str
    seller: str
    vat_id: str
    number: str
    date: str
    session: str
    fingerprint: str
    drawn: str
    page: str
    reasons: Mapping[str, str]
    mail_subject: str
    mail_greeting: str
    mail_attached: str
    mail_look: str
    mail_why: str
    not_charged_subject: str
    not_charged_text: str
    not_charged_expired: str
    invoice: str
    simplified_invoice: str
    credit_note: str
    statement: str
    settlement: str
    self_billed: str
    corrects: str
    reverse_charge: str
    customer: str
    host: str
    buyer: str
    reference: str
    supplied: str
    period: str
    quantity: str
    unit_price: str
    rounding: str
    payment: str
    credited: str
    due: str
    payout: str
    pay_by: str
    payout_by: str
    carried: str
    total_due: str
    total_payout: str
    charges: str
    each_session: str
    receipt_word: str
    sessions: str
    vehicle: str
    without_card: str
    net: str
    vat: str
    with_vat: str
    vat_on: str
    no_vat_on: str
    earlier: str
    adjustment: str
    corrects_short: str
    share_percent: str
    share_session: str
    share_kwh: str
    share_month: str
    revenue: str
    your_share: str
    terms: str
    agreement: str
    check_sum: str
    check_statement: str
    check_share: str
    statement_subject: str
    statement_greeting: str
    settlement_subject: str
    settlement_greeting: str
    document_attached: str
    statement_why: str
    settlement_why: str
