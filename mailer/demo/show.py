"""The demo's words: the report's table, and where to look next."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from mailer.demo.figures import Account

HEADINGS = ("figure", "the sender's ledger", "must be")


def show_account(console: Console, title: str, account: Account) -> None:
    """Print every figure of a mailing beside what the world says it must be."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(HEADINGS[0])
    for heading in HEADINGS[1:]:
        table.add_column(heading, justify="right")
    table.add_column("")
    for line in account.lines():
        mark = "[green]✓[/]" if line.is_right else "[bold red]✗[/]"
        table.add_row(line.name, f"{line.ours:,}", f"{line.theirs:,}", mark)
    console.print()
    console.print(table)
    sent = len(account.seen.delivered)
    rate = sent / account.seconds if account.seconds else 0
    console.print(f"{sent:,} messages in {account.seconds:.1f} s: {rate:,.0f} a second.")
    for problem in account.seen.problems[:5]:
        console.print(f"  not taken: {problem}", markup=False)


def show_way_in(console: Console, url: str, user: str, password: str) -> None:
    """Print where the demo can be looked at while it stays up."""
    console.print()
    console.print(f"The readers' mailboxes   {url}/demo/", markup=False)
    console.print(f"The archive              {url}/", markup=False)
    console.print(f"The admin                {url}/admin/", markup=False)
    console.print(f"                         log in as {user} with {password}", markup=False)
    console.print("The demo stays up until you press Ctrl-C.")
