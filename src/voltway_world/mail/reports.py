"""What a mail server writes back when it could not deliver a mail after all (RFC 3464)."""

from email.message import EmailMessage


def report(
    mail: EmailMessage, to: str, *, status: str = "5.1.1", action: str = "failed", words: str = ""
) -> bytes:
    """The report about a mail to this address, with the headers of the mail."""
    said = words or "550 5.1.1 no such user"
    headers = "".join(f"{name}: {value}\n" for name, value in mail.items() if "\n" not in value)
    return (
        "From: MAILER-DAEMON@mx.example\n"
        "To: receipts@voltway.example\n"
        "Subject: Undelivered Mail Returned to Sender\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="edge"\n'
        "\n--edge\nContent-Type: text/plain\n\nYour mail could not be delivered.\n"
        "\n--edge\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; {to}\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n"
        f"\n--edge\nContent-Type: text/rfc822-headers\n\n{headers}\n--edge--\n"
    ).encode()
