"""Settings: each with a name, a default, its unit in the name, and words that say what it does.

They come from the environment (``VOLTWAY_HTTP``) or from a TOML file (``http = "…"``); the
environment wins. What is unknown or wrong is refused with one sentence that names it.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec

from voltway.kernel.errors import Misconfigured
from voltway.runtime.near import near
from voltway.runtime.settings_words import wanted

PREFIX: Final = "VOLTWAY_"
FILE: Final = "voltway.toml"


@dataclass(eq=False)
class SettingUnknown(Misconfigured):
    """There is no setting {name} (in {where}).{near}"""

    name: str
    where: str
    near: str


@dataclass(eq=False)
class SettingWrong(Misconfigured):
    """The setting {name} (in {where}) is wrong: {reason}."""

    name: str
    where: str
    reason: str


@dataclass(eq=False)
class SettingsUnreadable(Misconfigured):
    """The settings file {file} cannot be read: {reason}."""

    file: str
    reason: str


def _says(words: str, *, secret: bool = False, **limits: Any) -> msgspec.Meta:
    return msgspec.Meta(description=words, extra={"secret": secret}, **limits)


PlugFirst = Literal["learned", "always", "never"]
Address = Annotated[str, msgspec.Meta(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}$")]
Url = Annotated[str, msgspec.Meta(pattern=r"^(https?://\S+)?$")]
Urls = Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s;,'\"]+( https?://[^\s;,'\"]+)*)?$")]
NatsUrl = Annotated[str, msgspec.Meta(pattern=r"^((nats|tls)://[^\s,]+(,(nats|tls)://[^\s,]+)*)?$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one Voltway."""

    data: Annotated[
        Path,
        _says("The folder where the embedded PostgreSQL and the secrets of this house live."),
    ] = Path("voltway-data")
    database_url: Annotated[
        str,
        _says(
            "A PostgreSQL of your own, `postgresql://account:password@host/database`, version 15 "
            "or newer; several hosts with commas between, and the one that can be written is "
            "used. Empty: an embedded one in the data folder.",
            secret=True,
        ),
    ] = ""
    database_connections: Annotated[
        int, _says("How many connections to the database are open at most.", ge=4, le=200)
    ] = 16
    http: Annotated[
        Address, _says("Where the pages and the API are served. Port 0 takes a free one.")
    ] = "127.0.0.1:8080"
    ocpp: Annotated[Address, _says("Where stations connect, `ws://HOST:PORT/ocpp/<identity>`.")] = (
        "127.0.0.1:8180"
    )
    role: Annotated[
        Literal["all", "gateway", "web", "worker"],
        _says(
            "What this process does: `gateway` serves stations, `web` the pages and the API, "
            "`worker` does what nobody waits for; `all` is all of it. A single role needs "
            "`VOLTWAY_DATABASE_URL`; gateways of one machine may share one `VOLTWAY_OCPP`, and "
            "serve health and metrics at `VOLTWAY_HTTP`, as workers do."
        ),
    ] = "all"
    workers: Annotated[
        int,
        _says(
            "How many gateway processes to run on this machine, beside one for the pages and one "
            "worker. 0: everything in one process.",
            ge=0,
            le=64,
        ),
    ] = 0
    nats_url: Annotated[
        NatsUrl,
        _says(
            "The NATS server through which processes on many machines reach each other, "
            "`nats://HOST:4222`; several with commas between. Empty: they do it through the "
            "database, which suits one machine.",
            secret=True,
        ),
    ] = ""
    nats_prefix: Annotated[
        str,
        _says(
            "The first word of our subjects on NATS. Give each Voltway on one NATS its own.",
            pattern=r"^[A-Za-z0-9_-]+$",
        ),
    ] = "voltway"
    ocpp_transport: Annotated[
        Literal["picows", "websockets"],
        _says(
            "The library under the stations' lines. `websockets` is the slower and larger one, to "
            "fall back on; it does not bound what strangers hold."
        ),
    ] = "picows"
    public_url: Annotated[
        Url,
        _says(
            "The address that drivers see, in QR codes, mails and the payment provider's way "
            "back. Empty: the address that pages are served at."
        ),
    ] = ""
    providers: Annotated[
        str,
        _says(
            "The file that names the payment providers of this house, each with its keys and for "
            "whom it is: [how](payments.md). Empty: the one of `VOLTWAY_PROVIDER_URL`."
        ),
    ] = ""
    provider_url: Annotated[
        Url, _says("The payment provider's API. Empty: nobody can pay by card.")
    ] = ""
    provider_secret: Annotated[
        str, _says("The key that we show to the payment provider.", secret=True)
    ] = ""
    provider_webhook_secret: Annotated[
        str, _says("The key that signs what the payment provider tells us.", secret=True)
    ] = ""
    vies_url: Annotated[
        Url,
        _says(
            "The EU's register of VAT ids (VIES) over REST, "
            "`https://ec.europa.eu/taxation_customs/vies/rest-api`. Empty: it is not asked, and no "
            "tax passes to a buyer."
        ),
    ] = ""
    smtp_host: Annotated[
        str, _says("The mail server that takes our mails. Empty: no mail is sent.")
    ] = ""
    smtp_port: Annotated[int, _says("The mail server's port.", ge=1, le=65535)] = 587
    smtp_user: Annotated[str, _says("Our account at the mail server. Empty: no sign-in.")] = ""
    smtp_password: Annotated[
        str, _says("The password of our account at the mail server.", secret=True)
    ] = ""
    smtp_tls: Annotated[
        Literal["starttls", "tls", "none"],
        _says("How the line to the mail server is made private; `none` only on this machine."),
    ] = "starttls"
    mail_from: Annotated[str, _says("Who our mails come from.")] = "Voltway <receipts@localhost>"
    push_hosts: Annotated[
        str, _says("The browsers' push services that we call, by host: [how](alerts.md).")
    ] = "fcm.googleapis.com *.services.mozilla.com *.push.apple.com *.notify.windows.com"
    sms_account: Annotated[
        str, _says("Our account at Twilio, `AC…`, which carries texts. Empty: no text is sent.")
    ] = ""
    sms_secret: Annotated[
        str, _says("Its auth token, which also signs what Twilio tells us.", secret=True)
    ] = ""
    sms_from: Annotated[
        str, _says("Who texts come from: a number `+…`, a sender's name, or a service `MG…`.")
    ] = "Voltway"
    sms_url: Annotated[Url, _says("Where Twilio's API is. Empty: `https://api.twilio.com`.")] = ""
    sms_per_day: Annotated[
        int,
        _says(
            "How many texts a party may send in a day of its own, each counted by the parts that "
            "it is billed in: [how](alerts.md). What is beyond fails, and mails go instead.",
            ge=0,
        ),
    ] = 200
    hook_hosts: Annotated[
        str,
        _says(
            "Addresses of your own network that webhooks, chats and questions to issuers of "
            "certificates may reach, such as `http://10.0.0.5:8080`, with blanks between: "
            "[how](webhooks.md)."
        ),
    ] = ""
    contract_unchecked: Annotated[
        Literal["refuse", "accept"],
        _says(
            "What becomes of a car's contract certificate (Plug & Charge) when its issuer does not "
            "say whether it was taken back: [how](payments.md)."
        ),
    ] = "refuse"
    start_within_s: Annotated[
        int,
        _says("How long a driver has to plug in after paying, before the hold is released.", ge=10),
    ] = 120
    plug_first: Annotated[
        PlugFirst,
        _says(
            "Where nobody can pay before a car is plugged in: `learned`, at bays that were seen to"
            " tell of a plug before a start; `always`, at each that says that it is free; `never`."
            " It keeps people from paying by a code that was pasted over another's."
        ),
    ] = "learned"
    heartbeat_s: Annotated[
        int, _says("How often stations are asked to say that they are alive.", ge=10, le=86400)
    ] = 300
    batch_wait_ms: Annotated[
        int,
        _says(
            "How long a meter reading waits for others to be kept with; a card, a start or a stop "
            "waits half of it.",
            ge=0,
            le=1000,
        ),
    ] = 50
    frame_bytes_max: Annotated[
        int, _says("The longest message that a station may send.", ge=4096, le=1_048_576)
    ] = 1_048_576
    alarm_declines_points: Annotated[
        int, _says("Alarm: so many points more of cards declined than usual.", ge=1, le=100)
    ] = 20
    alarm_declines_tries: Annotated[int, _says("Alarm: not of fewer cards than this.", ge=1)] = 20
    alarm_capture_rests_min: Annotated[int, _says("Alarm: a capture waits so long.", ge=1)] = 30
    alarm_silent_min: Annotated[int, _says("Alarm: a provider is silent for so long.", ge=1)] = 5
    alarm_amount_times: Annotated[int, _says("Alarm: so many times the usual was taken.", ge=2)] = 5
    alarm_card_places: Annotated[int, _says("Alarm: one card at so many places an hour.", ge=2)] = 4
    map_style: Annotated[
        Urls, _says("The style of the map of places: [how](map.md). Empty: one of our own.")
    ] = ""
    simulator_url: Annotated[
        Url, _says("Where the simulated stations are steered; the demo shows a button for it.")
    ] = ""
    keep_facts_h: Annotated[
        int, _says("How long facts that everybody has heard stay in the outbox.", ge=0)
    ] = 48
    pack_readings_after_h: Annotated[
        int,
        _says("How long after its end the readings of a day are packed.", ge=1, le=8760),
    ] = 24
    full_readings_days: Annotated[
        int,
        _says(
            "How long every reading is kept; then one each quarter of an hour, and all that the "
            "bill needs. 0: for ever.",
            ge=0,
            le=36500,
        ),
    ] = 730
    keep_readings_years: Annotated[
        int,
        _says(
            "How long readings are kept at all, but for those of sessions that wait for a person. "
            "0: for ever.",
            ge=0,
            le=100,
        ),
    ] = 10
    keep_signed_years: Annotated[
        int,
        _says(
            "How long signed meter data are kept, with what was found of them. 0: for ever.",
            ge=0,
            le=100,
        ),
    ] = 10
    keep_events_days: Annotated[
        int,
        _says(
            "How long is kept what no bill needs: events and deviations of stations, what was put "
            "aside and looked at, mails that were sent and the addresses of guests, webhooks. "
            "0: for ever.",
            ge=0,
            le=36500,
        ),
    ] = 400
    keep_unpaid_days: Annotated[
        int,
        _says("How long visits that nobody paid are kept. 0: for ever.", ge=0, le=36500),
    ] = 30
    keep_frames_days: Annotated[
        int,
        _says("How long the raw frames of stations are kept. 0: for ever.", ge=0, le=36500),
    ] = 30
    keep_frames_mb_a_day: Annotated[
        int,
        _says(
            "How many MB of raw frames are kept of one station in a day, before they are "
            "compressed. One that says more is heard and answered as ever, and its page says that "
            "frames are missing. 0: all are kept.",
            ge=0,
            le=100_000,
        ),
    ] = 50
    drain_s: Annotated[
        int, _says("How long a stopping Voltway waits for work at hand.", ge=1, le=300)
    ] = 8
    drain_per_s: Annotated[
        int,
        _says(
            "How many stations a stopping gateway sends to the others in a second; more where all "
            "would not be gone in `VOLTWAY_DRAIN_S` otherwise.",
            ge=1,
            le=100_000,
        ),
    ] = 500
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _says("The least important line still told.")
    ] = "info"
    log_format: Annotated[
        Literal["auto", "human", "json"],
        _says("One line an event: for a person, for a machine, or as the output asks for."),
    ] = "auto"


#: Read by the loader itself, so not among the settings.
CONFIG_NAME: Final = f"{PREFIX}CONFIG"
CONFIG_SAYS: Final = "The settings file. Empty: `voltway.toml` in the data folder, if there is one."


def load(
    environment: Mapping[str, str] = os.environ, given: Mapping[str, object] | None = None
) -> Settings:
    """The settings: ``given`` (the command line), the environment, the file, the defaults."""
    from_environment = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != CONFIG_NAME
    }
    data = (given or {}).get("data") or from_environment.get("data") or Settings().data
    named = environment.get(CONFIG_NAME, "")
    file = Path(named) if named else Path(str(data)) / FILE
    found = _read(file, must_exist=bool(named))
    settings: dict[str, object] = {}
    for values, where in (
        (found, str(file)),
        (from_environment, "the environment"),
        (given or {}, "the command line"),
    ):
        for name, value in values.items():
            settings[name] = _checked(name, value, where)
    return Settings(**settings)  # type: ignore[arg-type] # each value was converted to its type


def _read(file: Path, *, must_exist: bool) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not must_exist:
            return {}
        raise SettingsUnreadable(str(file), "there is no such file") from None
    except NotADirectoryError:
        return {}
    except OSError as reason:
        raise SettingsUnreadable(str(file), (reason.strerror or str(reason)).lower()) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        raise SettingsUnreadable(str(file), str(reason)) from None


def _checked(name: str, value: object, where: str) -> object:
    """The value as its setting's type; text from the environment is read as what is wanted."""
    shown = f"{PREFIX}{name.upper()}"
    kinds = get_type_hints(Settings, include_extras=True)
    if name not in kinds:
        raise SettingUnknown(shown, where, near(PREFIX, name, kinds))
    try:
        return msgspec.convert(
            value, kinds[name], strict=not isinstance(value, str), dec_hook=_to_path
        )
    except msgspec.ValidationError:
        raise SettingWrong(shown, where, wanted(kinds[name], kinds)) from None


def _to_path(kind: type, value: object) -> object:
    assert kind is Path, "the only kind of setting that msgspec does not know"
    if isinstance(value, Path):
        return value
    if isinstance(value, str) and value:
        return Path(value)
    raise ValueError("no path")
