"""Icons (20 px strokes) and state glyphs (16 px, solid), drawn once a page as SVG symbols."""

from typing import Final

from markupsafe import Markup

ICONS: Final[dict[str, str]] = {
    "back": '<path d="m12 5-5 5 5 5"/>',
    "bell": '<path d="M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5h3"/>',
    "bill": '<path d="M5 2.5h10v15l-2.5-1.5-2.5 1.5-2.5-1.5L5 17.5zM8 6.5h4M8 10h4"/>',
    "calendar": (
        '<rect x="3" y="4.5" width="14" height="12.5" rx="2"/>'
        '<path d="M3 8.5h14M7 2.5v3M13 2.5v3"/>'
    ),
    "chart": '<path d="M3 16.5h14M5.5 13.5v-3M9 13.5V6M12.5 13.5V9M16 13.5v-9"/>',
    "check": '<path d="m4 10.5 4 4 8-9"/>',
    "clock": '<circle cx="10" cy="10" r="7.25"/><path d="M10 6v4l2.8 1.8"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "door": (
        '<path d="M8.5 3.5H5a1.5 1.5 0 0 0-1.5 1.5v10A1.5 1.5 0 0 0 5 16.5h3.5M13 6.5l3.5 '
        '3.5-3.5 3.5M16 10H8"/>'
    ),
    "down": '<path d="m5 8 5 5 5-5"/>',
    "edit": '<path d="m4 13-.5 3.5L7 16l9-9-3-3z"/>',
    "filter": '<path d="M3 5h14M5.5 10h9M8.5 15h3"/>',
    "frames": '<path d="M3.5 6.5h10M11 3.5l3 3-3 3M16.5 13.5h-10M9 10.5l-3 3 3 3"/>',
    "get": '<path d="M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13"/>',
    "help": (
        '<circle cx="10" cy="10" r="7.25"/>'
        '<path d="M8 8a2 2 0 1 1 2.9 1.8c-.6.3-.9.8-.9 1.4M10 13.6v.01"/>'
    ),
    "hold": (
        '<rect x="4" y="8.5" width="12" height="8.5" rx="2"/><path d="M7 8.5V6.5a3 3 0 0 1 6 0v2"/>'
    ),
    "key": '<circle cx="6.5" cy="10" r="3.5"/><path d="M10 10h7.5M14.5 10v3M17 10v2"/>',
    "mail": ('<rect x="2.5" y="4.5" width="15" height="11" rx="2"/><path d="m3 6 7 5.5L17 6"/>'),
    "money": (
        '<rect x="2.5" y="5" width="15" height="10.5" rx="2"/><path d="M2.5 8.5h15M5.5 12.5h3"/>'
    ),
    "near": ('<path d="M10 2.5v3M10 14.5v3M2.5 10h3M14.5 10h3"/><circle cx="10" cy="10" r="4.5"/>'),
    "next": '<path d="m8 5 5 5-5 5"/>',
    "people": (
        '<circle cx="8" cy="7" r="3"/>'
        '<path d="M2.5 16.5c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5M13 4.2a3 3 0 0 1 0 5.6M15 '
        '12.6c1.5.7 2.3 2 2.5 3.9"/>'
    ),
    "phone": '<rect x="5.5" y="2.5" width="9" height="15" rx="2"/><path d="M9 15h2"/>',
    "pin": (
        '<path d="M10 17.5s5.5-4.7 5.5-9a5.5 5.5 0 0 0-11 0c0 4.3 5.5 9 5.5 9z"/>'
        '<circle cx="10" cy="8.5" r="1.75"/>'
    ),
    "car": '<path d="M3.5 12.5v-2l2-4.5h9l2 4.5v2zM5 12.500v2M15 12.500v2M3.500 10.500h13"/>',
    "plug": '<path d="M7 2.5V7M13 2.5V7M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5v3"/>',
    "search": '<circle cx="9" cy="9" r="5.25"/><path d="m13 13 4 4"/>',
    "session": '<path d="M11.5 2.5 5 11.2h4.5l-1 6.3L15 8.8h-4.5z"/>',
    "signed": (
        '<path d="M10 2.5 16 5v4.5c0 4-2.5 6.7-6 8-3.5-1.3-6-4-6-8V5z"/>'
        '<path d="m7.2 9.8 2 2 3.6-4"/>'
    ),
    "station": (
        '<path d="M4 17V5a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v12M3 17h10M6.5 6.5h3M12 9h1.5A1.5 '
        '1.5 0 0 1 15 10.5v3a1.25 1.25 0 0 0 2.5 0V8l-2-2"/>'
    ),
    "stop": '<rect x="5" y="5" width="10" height="10" rx="2" fill="currentColor"/>',
    "sun": (
        '<circle cx="10" cy="10" r="3.25"/>'
        '<path d="M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 '
        '4.7l-1 1M5.7 14.3l-1 1"/>'
    ),
    "tariff": (
        '<path d="M3 9.5V4a1 1 0 0 1 1-1h5.5l7 7a1.5 1.5 0 0 1 0 2.1l-4.9 4.9a1.5 1.5 0 0 '
        '1-2.1 0zM6.8 6.8v.01"/>'
    ),
    "unlock": (
        '<rect x="4" y="8.5" width="12" height="8.5" rx="2"/><path d="M7 8.5V6a3 3 0 0 1 5.8-1"/>'
    ),
    "wall": (
        '<rect x="3" y="3" width="6" height="8" rx="1.5"/>'
        '<rect x="11" y="3" width="6" height="4" rx="1.5"/>'
        '<rect x="3" y="13" width="6" height="4" rx="1.5"/>'
        '<rect x="11" y="9" width="6" height="8" rx="1.5"/>'
    ),
}

STATES: Final[dict[str, str]] = {
    "available": (
        '<circle cx="8" cy="8" r="7" fill="currentColor"/>'
        '<path d="m4.9 8.2 2.2 2.2 4.1-4.5" fill="none" stroke="var(--surface)" '
        'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    "charging": (
        '<rect x="1" y="1" width="14" height="14" rx="4" fill="currentColor"/>'
        '<path d="M9.1 2.9 4.4 8.9h3l-.7 4.3 4.9-6.1H8.5z" fill="var(--surface)"/>'
    ),
    "faulted": (
        '<path d="M8 1.2 15.3 14.2H.7z" fill="currentColor" stroke="currentColor" '
        'stroke-width="1.2" stroke-linejoin="round"/>'
        '<path d="M8 5.8v4M8 12.1v.01" fill="none" stroke="var(--surface)" '
        'stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "idle": (
        '<path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/>'
        '<path d="M6.2 5.2v5.6M9.8 5.2v5.6" fill="none" stroke="var(--surface)" '
        'stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "maintenance": (
        '<path d="M8 .4 15.6 8 8 15.6.4 8z" fill="currentColor"/>'
        '<path d="m5.8 10.2 3-3M8.6 5a2 2 0 0 0 2.4 2.4" fill="none" stroke="var(--surface)" '
        'stroke-width="1.7" stroke-linecap="round"/>'
    ),
    "offline": (
        '<circle cx="8" cy="8" r="6" fill="var(--surface)" stroke="currentColor" '
        'stroke-width="2"/>'
        '<path d="M4 12 12 4" stroke="currentColor" stroke-width="2"/>'
    ),
    "reserved": (
        '<path d="M3.5 1h9A1.5 1.5 0 0 1 14 2.5V15l-6-3.4L2 15V2.5A1.5 1.5 0 0 1 3.5 1z" '
        'fill="currentColor"/>'
        '<path d="M8 3.8v3l2 1.3" fill="none" stroke="var(--surface)" stroke-width="1.6" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    "unknown": (
        '<circle cx="8" cy="8" r="6.5" fill="var(--surface)" stroke="currentColor" '
        'stroke-width="1.6" stroke-dasharray="2.3 1.78"/>'
        '<path d="M6.2 6.5a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.1M8 11.2v.01" fill="none" '
        'stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>'
    ),
}

PATTERNS: Final = Markup(
    '<pattern id="p-faulted" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="5" height="5" fill="var(--faulted-fill)"/>'
    '<path d="m0 0 5 5M5 0 0 5" stroke="var(--surface)" stroke-width=".8"/>'
    "</pattern>"
    '<pattern id="p-idle" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="var(--idle-fill)"/>'
    '<path d="M1.5 0v6" stroke="var(--idle-hatch)" stroke-width="1.5"/>'
    "</pattern>"
    '<pattern id="p-maintenance" width="7" height="7" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(-45)">'
    '<rect width="7" height="7" fill="var(--surface)"/>'
    '<path d="M2 0v7" stroke="var(--maintenance-fill)" stroke-width="4"/>'
    "</pattern>"
    '<pattern id="p-reserved" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<rect width="4" height="4" fill="var(--reserved-fill)"/>'
    '<path d="M1 0v4" stroke="var(--surface)" stroke-width="1"/>'
    "</pattern>"
    '<pattern id="p-unknown" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<rect width="4" height="4" fill="var(--surface)"/>'
    '<circle cx="2" cy="2" r=".8" fill="var(--unknown)"/>'
    "</pattern>"
)


def glyphs(*names: str) -> Markup:
    """The symbols of these icons and of all states, to be used by ``<use href="#i-…">``."""
    symbols = [
        f'<symbol id="i-{name}" viewBox="0 0 20 20">{ICONS[name]}</symbol>' for name in names
    ]
    symbols += [
        f'<symbol id="st-{name}" viewBox="0 0 16 16">{shape}</symbol>'
        for name, shape in STATES.items()
    ]
    return Markup("".join(symbols))
