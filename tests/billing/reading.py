"""What a person reads of a page, without its marks."""

import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Keeps the words of a page and forgets its marks, and its style sheet."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.seen.append(data)


def plain(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"[\s\xa0]+", " ", " ".join(reader.seen))
