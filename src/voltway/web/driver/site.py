"""The driver's addresses."""

from typing import Final

from litestar.types import ControllerRouterHandler

from voltway.web.driver import account, balance, checking, invoices, places, proving, visits

DRIVER: Final[tuple[ControllerRouterHandler, ...]] = (
    places.list_places,
    places.location,
    places.location_live,
    places.evse,
    places.evse_live,
    places.evse_qr,
    places.start,
    visits.visit,
    visits.visit_live,
    visits.plug_in_again,
    visits.confirm_stop,
    visits.stop,
    visits.receipt,
    visits.receipt_pdf,
    proving.proof,
    account.me,
    account.way_in_again,
    account.ask_code,
    account.enter,
    account.leave,
    account.add_method,
    account.saved,
    account.choose_method,
    account.remove_method,
    account.confirm_delete,
    account.delete,
    balance.top_up,
    balance.topped_up,
    balance.set_auto,
    balance.redeem,
    checking.check_page,
    checking.check_pasted,
    checking.check_visit,
    checking.signed_file,
    invoices.ask_for_invoice,
    invoices.write_invoice,
    invoices.document,
    invoices.document_pdf,
    invoices.document_proof,
    invoices.document_xrechnung,
)
