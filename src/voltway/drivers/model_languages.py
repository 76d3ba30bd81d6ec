"""The languages that a person chose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spoken:
    """By their two letters (ISO 639-1): of pages, and of documents where that is another one. What
    was not chosen is empty."""

    pages: str = ""
    papers: str = ""

    @property
    def told(self) -> str:
        """In which language they are written to."""
        return self.papers or self.pages
