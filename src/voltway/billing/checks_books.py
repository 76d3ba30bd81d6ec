"""Invariants of the books: entries are whole, lead to their evidence, and stand in their chain."""

from datetime import datetime
from typing import Final

from voltway.billing.checks_money import NAMED_MAX, first
from voltway.billing.model_checks import Checked, Found, Invariant
from voltway.kernel.ids import PartyId
from voltway.ledger import actions as ledger
from voltway.ledger.rules_chart import type_of
from voltway.runtime.work import BeginWork, Work

#: Links of a chain that a nightly check recomputes, the newest; a check of everything does all.
LINKS_NIGHTLY: Final = 200_000

_UUID: Final = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


async def entries(work: Work, party: PartyId, since: datetime, whole: bool) -> Checked:
    """Invariant 1: every entry has its postings, and the books sum to zero in each currency."""
    rows = await work.all(
        """
        SELECT id, memo, posting_count, found_count, strangers, odd FROM ledger_entry_check_view
         WHERE kept_at >= $1
           AND (found_count <> posting_count OR strangers > 0 OR odd > 0
                OR last_number IS DISTINCT FROM found_count)
         LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    row = await work.one(
        "SELECT count(*) AS n FROM entry_view WHERE number = 1 AND kept_at >= $1", since
    )
    found = [
        Found(
            f"entry:{row['id']}",
            f"“{row['memo']}” has {row['found_count']} of {row['posting_count']} postings,"
            f" {row['strangers']} of another party, {row['odd']} that move nothing.",
        )
        for row in rows
    ]
    balance = await ledger.trial_balance(work, party=party)
    found += [
        Found(f"currency:{currency}", f"All accounts in {currency} sum to {minor}, not to zero.")
        for currency, minor in balance.sums.items()
        if minor
    ]
    amiss = await ledger.sums_amiss(work, party, whole=whole)
    found += [Found(f"books:{party}", said) for said in amiss]
    return Checked(Invariant.ENTRIES, int(row["n"]) if row else 0, first(found))


async def evidence(work: Work, since: datetime) -> Checked:
    """Invariant 10: no entry without a reason, and its evidence is there."""
    rows = await work.all(_EVIDENCE, since, _UUID, NAMED_MAX)
    found = [
        Found(
            f"entry:{row['id']}",
            f"“{row['memo']}” names the {row['kind']} {row['named']}, which is not there.",
        )
        for row in rows
    ]
    row = await work.one(
        "SELECT count(*) AS n FROM entry_view WHERE number = 1 AND kept_at >= $1", since
    )
    balance = await ledger.trial_balance(work)
    found += [
        Found(f"account:{account}", f"The chart does not know what kind of account {account} is.")
        for account in sorted({line.account for line in balance.lines})
        if type_of(account) is None
    ]
    return Checked(Invariant.EVIDENCE, int(row["n"]) if row else 0, first(found))


#: Each thing that an entry's evidence names, and whether it is there.
_EVIDENCE: Final = """
    SELECT e.id, e.memo, named.kind, named.id AS named
      FROM ledger_entry_check_view e
     CROSS JOIN LATERAL jsonb_each_text(e.evidence) AS named (kind, id)
     WHERE e.kept_at >= $1
       AND named.kind IN ('session', 'settlement', 'cdr', 'payment', 'payment_step', 'invoice',
                          'dispute', 'collection', 'card_refund', 'credit_note')
       AND NOT CASE
           WHEN named.kind = 'payment_step'
                AND EXISTS (SELECT FROM payment_step_view WHERE once = named.id) THEN true
           WHEN named.id !~ $2 THEN false
           WHEN named.kind = 'session'
           THEN EXISTS (SELECT FROM session_view WHERE id = named.id::uuid)
           WHEN named.kind = 'settlement'
           THEN EXISTS (SELECT FROM settlement WHERE id = named.id::uuid)
           WHEN named.kind = 'cdr' THEN EXISTS (SELECT FROM cdr WHERE id = named.id::uuid)
           WHEN named.kind = 'payment'
           THEN EXISTS (SELECT FROM payment_view WHERE id = named.id::uuid)
           WHEN named.kind = 'payment_step'
           THEN EXISTS (SELECT FROM payment_step_view WHERE id = named.id::uuid)
           WHEN named.kind = 'dispute'
           THEN EXISTS (SELECT FROM dispute_view WHERE id = named.id::uuid)
           WHEN named.kind = 'collection'
           THEN EXISTS (SELECT FROM collection_view WHERE id = named.id::uuid)
           WHEN named.kind = 'card_refund'
           THEN EXISTS (SELECT FROM card_refund_view WHERE id = named.id::uuid)
           ELSE EXISTS (SELECT FROM invoice WHERE id = named.id::uuid) END
     LIMIT $3
"""


async def prepaid(work: Work) -> Checked:
    """Invariant 8: what drivers paid before is never spent beyond."""
    rows = await work.all(
        """
        SELECT account, currency, balance_minor FROM account_view
         WHERE account LIKE 'driver:%:prepaid'
        """
    )
    found = [
        Found(
            f"account:{row['account']}",
            f"{row['balance_minor']} (in the smallest unit of {row['currency']}) more was spent"
            " than was paid before.",
        )
        for row in rows
        if row["balance_minor"] > 0
    ]
    apart = await work.all(
        """
        SELECT p.holder, p.balance_minor, p.reserved_minor, p.currency,
               coalesce(-a.balance_minor, 0)::bigint AS booked, coalesce(h.minor, 0)::bigint AS held
          FROM prepaid_view p
          LEFT JOIN account_view a
                 ON a.party_id = p.party_id AND a.currency = p.currency
                AND a.account = 'driver:' || p.holder || ':prepaid'
          LEFT JOIN (SELECT party_id, holder, sum(amount_minor) AS minor
                       FROM (SELECT party_id, holder, amount_minor FROM prepaid_hold_view
                              WHERE state = 'held'
                              UNION ALL
                             SELECT party_id, holder, amount_minor FROM prepaid_payback_view
                              WHERE state = 'asked') AS reserved
                      GROUP BY party_id, holder) h
                 ON h.party_id = p.party_id AND h.holder = p.holder
         WHERE p.balance_minor <> coalesce(-a.balance_minor, 0)
            OR p.reserved_minor <> coalesce(h.minor, 0)
        """
    )
    found += [
        Found(
            f"driver:{row['holder']}",
            f"The balance is {row['balance_minor']} with {row['reserved_minor']} reserved (in the"
            f" smallest unit of {row['currency']}); the books have {row['booked']}, and charges"
            f" and paybacks under way have reserved {row['held']}.",
        )
        for row in apart
    ]
    return Checked(Invariant.PREPAID, len(rows), first(found))


async def chain(begin: BeginWork, party: PartyId, *, whole: bool) -> Checked:
    """That nothing in the books was changed, removed, slipped in or put in another order."""
    after = 0
    if not whole:
        async with begin() as work:
            heads = await ledger.heads(work, party)
        newest = heads[-1].number if heads else 0
        after = max(newest - LINKS_NIGHTLY, 0)
    check = await ledger.check_chain(
        begin, party, after=after, links_max=None if whole or not after else LINKS_NIGHTLY
    )
    return Checked(
        Invariant.CHAIN,
        check.links,
        first(
            [
                Found(
                    f"entry:{each.entry}" if each.entry else f"link:{each.number}",
                    f"{'' if each.number is None else f'Link {each.number}: '}{each.why}",
                )
                for each in check.broken
            ]
        ),
    )
