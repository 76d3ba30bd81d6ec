"""Refusals of rooms that speak to operators for the most part, of which drivers read these; and the
words that are put into a refusal.

Rooms whose every refusal a driver may read are named in ``messages.ROOMS``. What neither names is
in ``tests/web/test_refusals.py``, with the reason.
"""

from typing import Final

from voltway.alerts import devices
from voltway.billing import (
    autocharge,
    debts,
    documenting,
    homes_paying,
    invoicing,
    proof,
    proofs,
    registers,
    rules_buyer,
    rules_tax,
    xml_ubl,
)
from voltway.drivers import own
from voltway.evidence import keys
from voltway.kernel.errors import Trouble
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments import (
    actions_visit,
    collecting,
    giving_up,
    paying_back,
    prepaid,
    topping_up,
    vouchers,
)
from voltway.runtime import work
from voltway.sessions import actions as charges
from voltway.web import card_numbers, security, streams
from voltway.web.console import form_fields
from voltway.web.driver import balance, checking, invoices, visits

TOLD: Final[tuple[type[Trouble], ...]] = (
    autocharge.NoSuchOffer,
    balance.NotAnAmount,
    card_numbers.CardNumber,
    charges.SessionOver,
    checking.NothingSigned,
    collecting.KeyOfAnother,
    collecting.NoSuchCollection,
    collecting.TooManyPages,
    debts.NoSuchDebt,
    devices.NotADevice,
    documenting.SellerNotComplete,
    form_fields.NoNumber,
    giving_up.NotThisMuch,
    homes_paying.NoSuchHomeStatement,
    invoices.NoSuchDocument,
    invoicing.AlreadyInvoiced,
    invoicing.NoTaxStated,
    invoicing.NotAReceipt,
    invoicing.NothingToInvoice,
    invoicing.PartlyGivenBack,
    invoicing.VatIdNotRegistered,
    keys.NoKey,
    own.NotAName,
    own.NotYourToken,
    own.OfTheCompany,
    parties.NoSuchParty,
    paying_back.KeyOfAnotherBalance,
    paying_back.NothingToPayBack,
    prepaid.BalanceTooSmall,
    proof.FramesGone,
    proof.NotProved,
    proof.NothingToProve,
    proofs.TooMuchToProve,
    registers.RegisterSilent,
    rules_buyer.BuyerNotComplete,
    rules_buyer.BuyerTextNotValid,
    rules_buyer.VatIdNotValid,
    rules_buyer.VatIdOfAnotherCountry,
    rules_tax.NotCheckedByRegister,
    security.FromElsewhere,
    security.UnkeepableAddress,
    payments.NoSuchVisit,
    streams.TooManyLivePages,
    topping_up.NeedsMethod,
    topping_up.NotASum,
    visits.NoReceiptYet,
    vouchers.NoSuchVoucher,
    vouchers.Redeemed,
    vouchers.TooManyWrong,
    vouchers.VoucherOver,
    work.Overtaken,
    xml_ubl.LacksForXRechnung,
    xml_ubl.NotForMachines,
)

#: What refusals name by words of ours: ``Formats.told`` says them in the language of the page.
NAMED: Final = (
    *rules_buyer.WORDS,
    *actions_visit.WORDS,
    *devices.WORDS,
    *documenting.FIELDS.values(),
    registers.NO_ANSWER,
    registers.NO_SENSE,
    *xml_ubl.NEEDED,
)
