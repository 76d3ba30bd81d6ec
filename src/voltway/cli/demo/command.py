"""The command itself: starts the world, the house and the stations, and says where to look."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
import uvloop

from voltway.app import open_house
from voltway.cli.demo.cars import CARS, EMAID, add_cars, regulars
from voltway.cli.demo.network import OPERATOR, Secrets, fleet_plan, furnish, load_secrets
from voltway.cli.demo.processes import HOST, free_port, running, side_by_side
from voltway.cli.serve import asked_to_stop
from voltway.runtime import logs
from voltway.runtime import settings as configuration
from voltway.runtime.settings import Settings

HTTP, OCPP, PROVIDER, MAIL, SMTP, SIMULATOR = 8080, 8180, 8290, 8291, 8225, 8292
VIES, ISSUER = 8293, 8294

PLAN: Final = "stations.json"
MOBILITY: Final = "mobility"  # the folder of who made the contract of a car


def demo_command(
    data: Annotated[Path, typer.Option(help="Folder of the demo's data.")] = Path(
        "voltway-data/demo"
    ),
    http: Annotated[int, typer.Option(help="Port of pages and API.")] = HTTP,
    ocpp: Annotated[int, typer.Option(help="Port where stations connect.")] = OCPP,
    speed: Annotated[
        float,
        typer.Option(
            help="How many times faster than in life the cars charge. A new folder's EVSEs are"
            " given so many times their power, or no bill would be believed."
        ),
    ] = 1.0,
) -> int:
    """Run Voltway with a simulated payment provider, a mail catcher and twelve stations."""
    return uvloop.run(_demo(data, free_port(http), free_port(ocpp), speed))


async def _demo(data: Path, http: int, ocpp: int, speed: float) -> int:
    stop = asked_to_stop()
    typer.echo("Starting Voltway and the world around it.")
    async with AsyncExitStack() as stack:
        kept = load_secrets(data)
        settings, mails = await _world(stack, data, kept, http, ocpp)
        logs.set_up(settings.log_level, settings.log_format)
        house = await stack.enter_async_context(open_house(settings))
        await furnish(house.begin, kept, speed)
        await add_cars(house.begin, data / MOBILITY)
        plan = data / PLAN
        plan.touch(mode=0o600)
        plan.write_bytes(msgspec.json.encode(fleet_plan(kept, regulars(data / MOBILITY))))
        await stack.enter_async_context(
            running(
                "voltway_world.stations",
                *("--url", house.ocpp, "--plan", str(plan), "--speed", str(speed)),
                *("--http", settings.simulator_url.removeprefix("http://")),
            )
        )
        typer.echo(_addresses(house.http, mails, settings, kept))
        await stop.wait()
        typer.echo("Stopping.")
    return 0


async def _world(
    stack: AsyncExitStack, data: Path, kept: Secrets, http: int, ocpp: int
) -> tuple[Settings, str]:
    """Start the provider, the mail catcher, the register and who made a contract, all at once; the
    settings that let the house find them, and where the mails can be read."""
    smtp = free_port(SMTP)
    worlds = side_by_side(
        running(
            "voltway_world.provider",
            *("--http", f"{HOST}:{free_port(PROVIDER)}", "--data", str(data / "provider")),
            *(f"--secret={kept.provider}", f"--webhook-secret={kept.webhook}"),
            *("--webhook", f"http://{HOST}:{http}/webhooks/payments/simulated"),
        ),
        running(
            "voltway_world.mail",
            *("--smtp", f"{HOST}:{smtp}", "--http", f"{HOST}:{free_port(MAIL)}"),
            *("--data", str(data / "mail")),
        ),
        running("voltway_world.vies", "--http", f"{HOST}:{free_port(VIES)}"),
        running(
            "voltway_world.ocsp",
            *(EMAID, "--http", f"{HOST}:{free_port(ISSUER)}", "--data", str(data / MOBILITY)),
        ),
    )
    provider, mail, register, issuer = await stack.enter_async_context(worlds)
    settings = configuration.load(
        given={
            "data": data,
            "http": f"{HOST}:{http}",
            "ocpp": f"{HOST}:{ocpp}",
            "providers": str(_providers(data, provider, kept)),
            "vies_url": register,
            "hook_hosts": issuer,
            "smtp_host": HOST,
            "smtp_port": smtp,
            "smtp_tls": "none",
            "mail_from": "Voltway Demo <receipts@demo.example>",
            "plug_first": "never",  # who looks around plugs in on the page of the visit
            "simulator_url": f"http://{HOST}:{free_port(SIMULATOR)}",
            "log_level": "warning",
        }
    )
    return settings, mail.split()[0]


def _providers(data: Path, url: str, kept: Secrets) -> Path:
    """The file of the demo's provider. It is spoken to as Stripe is, so that ways to pay can be
    saved and holds grow; its name in the books is what it was before."""
    file = data / "providers.toml"
    lines = (
        "[[provider]]",
        'name = "simulated"',
        'kind = "stripe"',
        f'url = "{url}"',
        f'secret = "{kept.provider}"',
        f'webhook_secret = "{kept.webhook}"',
    )
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _addresses(http: str, mails: str, settings: Settings, kept: Secrets) -> str:
    return "\n".join(
        [
            "",
            f"  Driver's page       {http}/",
            f"  Operator's console  {http}/console/",
            f"                      sign in as {OPERATOR} with {kept.password}",
            f"                      two cars pay by showing themselves: {http}{CARS}",
            "",
            f"  Stations            {settings.simulator_url}/   plug cars in and out here",
            f"  Mails               {mails}/   receipts arrive here",
            f"  API                 {http}/api/",
            "",
            "  Pay with card 4242 4242 4242 4242, any date to come, any code.",
            "  Ctrl C stops it all; the data stays in " + str(settings.data) + ".",
            "",
        ]
    )
