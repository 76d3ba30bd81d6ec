"""``voltway admin``: parties, people, keys, stations, tokens, contracts, prices from the shell.

It works on the data folder, also while a Voltway runs on it, or on VOLTWAY_DATABASE_URL.
"""

import typer

from voltway.cli import (
    admin_budgets,
    admin_codes,
    admin_exchange,
    admin_network,
    admin_partners,
    admin_people,
    admin_plans,
    admin_prices,
    admin_taxes,
    admin_terminals,
    admin_terms,
    admin_vouchers,
)

admin = typer.Typer(
    help="Parties, people, keys, stations, tokens, contracts, tariffs, plans, taxes, partners.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
admin.add_typer(admin_people.party, name="party")
admin.add_typer(admin_people.operator, name="operator")
admin.add_typer(admin_people.key, name="key")
admin.add_typer(admin_network.location, name="location")
admin.add_typer(admin_network.station, name="station")
admin.add_typer(admin_prices.token, name="token")
admin.add_typer(admin_terms.contract, name="contract")
admin_terms.add_to(admin_prices.tariff)
admin.add_typer(admin_prices.tariff, name="tariff")
admin.add_typer(admin_exchange.market, name="market")
admin.add_typer(admin_codes.codes, name="codes")
admin.add_typer(admin_budgets.budgets, name="budgets")
admin.add_typer(admin_vouchers.vouchers, name="vouchers")
admin.add_typer(admin_plans.plan, name="plan")
admin.add_typer(admin_plans.subscription, name="subscription")
admin.add_typer(admin_taxes.tax, name="tax")
admin.add_typer(admin_partners.partner, name="partner")
admin.add_typer(admin_terminals.terminals, name="terminals")
