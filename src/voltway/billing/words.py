"""The words of a receipt, in the languages that we speak. All of them are here and nowhere else.

A language is done when every field is said: the type says so, not a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
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
    doubts: Mapping[str, str]
    mail_subject: str
    mail_greeting: str
    mail_attached: str
    mail_look: str
    mail_why: str
    not_charged_subject: str
    not_charged_text: str
    not_charged_expired: str


EN = Words(
    receipt="Receipt {number}",
    paid="paid",
    owed="to be paid",
    nothing_paid="nothing to pay",
    bill="Bill",
    what_you_paid_for="What you paid for",
    line="Line",
    amount="Amount",
    how="Volume and price",
    lines={
        "ENERGY": "Energy",
        "TIME": "Charging time",
        "PARKING_TIME": "Idle time",
        "FLAT": "Session fee",
        "MIN_PRICE": "Up to the lowest price",
        "MAX_PRICE": "Down to the highest price",
    },
    reserved="{what}, reservation",
    unused="{what}, unused reservation",
    per_kwh="{volume} kWh \N{MULTIPLICATION SIGN} {price}",
    per_minute="{volume} min \N{MULTIPLICATION SIGN} {price}",
    per_hour="{volume} \N{MULTIPLICATION SIGN} {price} per hour",
    per_session="{price} once",
    billed_as="{used} used, billed as {billed}",
    total="Total",
    of_which_tax="of which VAT {rate} on {net}",
    no_tax_stated="no VAT stated on {net}",
    total_net="Total without VAT",
    released_all="The whole hold of {hold} was released.",
    released_rest="{released} of the {hold} hold was released.",
    still_open="{open} is still to be paid: the hold did not cover it.",
    not_taken="{open} is still to be paid: we could not take it from the hold.",
    not_charged="You were not charged.",
    on_account="on account",
    card_ending="{card} ending {last4}",
    meter="Measured by the meter",
    meter_sentence="The register went from {begin} to {end} kWh: {energy} kWh.",
    no_meter="The station told no register, so the energy is what it reported by itself.",
    check="How to check this bill",
    check_energy="Register at the end less register at the beginning is the energy: "
    "{end} \N{MINUS SIGN} {begin} = {energy} kWh.",
    check_prices="Each line is its volume times its price. Nothing is rounded before the total; "
    "the lines are parts of it, to the cent.",
    check_tax="Prices contain the tax. Net is gross ÷ (1 + rate), rounded once; tax is the rest.",
    check_print="The fingerprint is the SHA-256 of the receipt's data, which we can send you. If "
    "one figure changes, it changes.",
    doubtful="What is doubtful",
    visit="The visit",
    place="Place",
    bay="Bay {number}",
    evse="EVSE",
    began="Plugged in",
    ended="Ended",
    duration="Duration",
    charging="Charging",
    idle="Idle",
    energy="Energy",
    ended_because="Ended because",
    token="Token",
    zone="Times are those of {zone} ({offset}).",
    seller="Seller",
    vat_id="VAT number {vat}",
    number="Number",
    date="Date",
    session="Session",
    fingerprint="Fingerprint",
    drawn="Drawn from that data, layout {version}.",
    page="Page {page} of {pages}",
    reasons={
        "local": "stopped at the station",
        "remote": "stopped by you or us",
        "driver": "you stopped it",
        "operator": "we stopped it",
        "noenergy": "no energy flowed",
        "evdisconnected": "the cable was unplugged",
        "stoppedbyev": "the car had enough",
        "deauthorized": "the token was not accepted any more",
        "emergencystop": "the emergency stop was pressed",
        "powerloss": "the station lost power",
        "reboot": "the station restarted",
        "limit": "the hold was used up",
        "energylimitreached": "the energy limit was reached",
        "timelimitreached": "the time limit was reached",
        "soclimitreached": "the charge limit was reached",
    },
    doubts={},
    mail_subject="Your receipt from {seller}: {total} for {energy} kWh",
    mail_greeting="Thank you for charging at {place}.",
    mail_attached="The receipt is attached as a PDF.",
    mail_look="See it on the web",
    mail_why="You get this mail because your address was entered when you paid. We use it for "
    "this receipt and for nothing else.",
    not_charged_subject="You were not charged",
    not_charged_text="Nothing started, so you were not charged. The {hold} hold is released.",
    not_charged_expired="You were not charged. The {hold} hold is released.",
)

DE = Words(
    receipt="Beleg {number}",
    paid="bezahlt",
    owed="zu zahlen",
    nothing_paid="nichts zu zahlen",
    bill="Abrechnung",
    what_you_paid_for="Wofür Sie bezahlt haben",
    line="Posten",
    amount="Betrag",
    how="Menge und Preis",
    lines={
        "ENERGY": "Energie",
        "TIME": "Ladezeit",
        "PARKING_TIME": "Standzeit",
        "FLAT": "Startgebühr",
        "MIN_PRICE": "Bis zum Mindestpreis",
        "MAX_PRICE": "Bis auf den Höchstpreis",
    },
    reserved="{what}, Reservierung",
    unused="{what}, nicht genutzte Reservierung",
    per_kwh="{volume} kWh \N{MULTIPLICATION SIGN} {price}",
    per_minute="{volume} min \N{MULTIPLICATION SIGN} {price}",
    per_hour="{volume} \N{MULTIPLICATION SIGN} {price} pro Stunde",
    per_session="einmalig {price}",
    billed_as="{used} genutzt, berechnet als {billed}",
    total="Summe",
    of_which_tax="darin {rate} MwSt. auf {net}",
    no_tax_stated="ohne Angabe der MwSt. {net}",
    total_net="Summe ohne MwSt.",
    released_all="Die ganze Reservierung von {hold} wurde freigegeben.",
    released_rest="{released} der reservierten {hold} wurden freigegeben.",
    still_open="{open} sind noch zu zahlen: Die Reservierung hat nicht gereicht.",
    not_taken="{open} sind noch zu zahlen: Wir konnten sie nicht von der Reservierung nehmen.",
    not_charged="Ihnen wurde nichts berechnet.",
    on_account="auf Rechnung",
    card_ending="{card}, Endziffern {last4}",
    meter="Vom Zähler gemessen",
    meter_sentence="Der Zählerstand ging von {begin} auf {end} kWh: {energy} kWh.",
    no_meter="Die Station hat keinen Zählerstand gemeldet; die Energie ist ihre eigene Angabe.",
    check="So prüfen Sie diesen Beleg",
    check_energy="Zählerstand am Ende weniger Zählerstand am Anfang ist die Energie: "
    "{end} \N{MINUS SIGN} {begin} = {energy} kWh.",
    check_prices="Jeder Posten ist Menge mal Preis. Gerundet wird erst die Summe; die Posten sind "
    "auf den Cent genau ihre Teile.",
    check_tax="Die Preise enthalten die Steuer. Netto ist Brutto ÷ (1 + Satz), einmal gerundet; "
    "die Steuer ist der Rest.",
    check_print="Der Fingerabdruck ist der SHA-256 der Daten dieses Belegs, die wir Ihnen gern "
    "schicken. Ändert sich eine Zahl, ändert er sich auch.",
    doubtful="Was zweifelhaft ist",
    visit="Der Ladevorgang",
    place="Ort",
    bay="Platz {number}",
    evse="Ladepunkt",
    began="Angesteckt",
    ended="Beendet",
    duration="Dauer",
    charging="Geladen",
    idle="Standzeit",
    energy="Energie",
    ended_because="Beendet, weil",
    token="Ladekarte",
    zone="Zeiten in {zone} ({offset}).",
    seller="Verkäufer",
    vat_id="USt-IdNr. {vat}",
    number="Nummer",
    date="Datum",
    session="Ladevorgang",
    fingerprint="Fingerabdruck",
    drawn="Gezeichnet aus diesen Daten, Layout {version}.",
    page="Seite {page} von {pages}",
    reasons={
        "local": "an der Station beendet",
        "remote": "von Ihnen oder uns beendet",
        "driver": "Sie ihn beendet haben",
        "operator": "wir ihn beendet haben",
        "noenergy": "keine Energie floss",
        "evdisconnected": "das Kabel gezogen wurde",
        "stoppedbyev": "das Auto genug hatte",
        "deauthorized": "der Ausweis nicht mehr galt",
        "emergencystop": "der Not-Aus gedrückt wurde",
        "powerloss": "die Station keinen Strom mehr hatte",
        "reboot": "die Station neu startete",
        "limit": "die Reservierung aufgebraucht war",
        "energylimitreached": "die Energiegrenze erreicht war",
        "timelimitreached": "die Zeitgrenze erreicht war",
        "soclimitreached": "die Ladegrenze erreicht war",
    },
    doubts={},
    mail_subject="Ihr Beleg von {seller}: {total} für {energy} kWh",
    mail_greeting="Danke, dass Sie bei uns geladen haben: {place}.",
    mail_attached="Der Beleg hängt als PDF an.",
    mail_look="Im Netz ansehen",
    mail_why="Sie bekommen diese Mail, weil Ihre Adresse beim Bezahlen eingegeben wurde. Wir "
    "verwenden sie für diesen Beleg und für nichts anderes.",
    not_charged_subject="Ihnen wurde nichts berechnet",
    not_charged_text="Es wurde nichts geladen, deshalb wurde Ihnen nichts berechnet. Die "
    "Reservierung von {hold} ist freigegeben.",
    not_charged_expired="Ihnen wurde nichts berechnet. Die Reservierung von {hold} ist "
    "freigegeben.",
)

SPOKEN: Mapping[str, Words] = {"en": EN, "de": DE}


def language(locale: str) -> str:
    """The language of a locale, if we speak it; English if not."""
    asked = locale.replace("-", "_").partition("_")[0].lower()
    return asked if asked in SPOKEN else "en"


def words(locale: str) -> Words:
    return SPOKEN[language(locale)]
