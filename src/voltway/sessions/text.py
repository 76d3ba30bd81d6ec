"""Names and numbers of stations, made safe to keep: everything from a station is hostile."""

import hashlib

from msgspec.structs import replace

from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.stations.reports import Reading

NAME_LENGTH_MAX = 200
_INT4 = 2**31 - 1
_REGISTER_MAX = 10**15


def clean(text: str) -> str:
    """Text that a database takes, of a length that an index takes; different stays different."""
    if len(text) <= NAME_LENGTH_MAX and text.isascii() and "\x00" not in text:
        return text
    whole = text.encode("utf-8", "surrogatepass")
    sound = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if sound == text and len(whole) <= NAME_LENGTH_MAX:
        return text
    tail = hashlib.blake2b(whole, digest_size=8).hexdigest()
    return f"{sound[: NAME_LENGTH_MAX // 4]}~{tail}"


def clean_ref(ref: TransactionRef) -> TransactionRef:
    return TransactionRef(clean(ref))


def clean_token(token: TokenUid | None) -> TokenUid | None:
    return TokenUid(clean(token)) if token else None


def clean_reading(reading: Reading) -> Reading:
    """A reading whose numbers fit their columns; what does not is no measurement."""
    register, power = reading.register_wh, reading.power_w
    current, voltage = reading.current_ma, reading.voltage_mv
    fits = (
        (register is None or 0 <= register <= _REGISTER_MAX)
        and (power is None or -_INT4 <= power <= _INT4)
        and (current is None or -_INT4 <= current <= _INT4)
        and (voltage is None or -_INT4 <= voltage <= _INT4)
    )
    if fits:
        return reading
    return replace(
        reading,
        register_wh=register if register is None or 0 <= register <= _REGISTER_MAX else None,
        power_w=power if power is None or -_INT4 <= power <= _INT4 else None,
        current_ma=current if current is None or -_INT4 <= current <= _INT4 else None,
        voltage_mv=voltage if voltage is None or -_INT4 <= voltage <= _INT4 else None,
    )
