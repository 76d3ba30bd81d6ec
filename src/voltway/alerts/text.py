"""Text that somebody typed, or a server said, as it stands in a line."""


def one_line(text: str) -> str:
    """On one line, with nothing in it that is not seen: a name with a line break must not begin
    another header of a mail, nor another line of a page."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
