"""The `bijli` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from core.errors import SettingError
from core.phones import read_phone
from core.settings import Settings
from ops.environment import base_url, command_environment, home
from ops.handset import Prompt, press_all, show_inbox, text_and_wait
from ops.phone import Handset, NoService
from ops.trouble import plain_line

TROUBLE = 2


class PlainGroup(click.Group):
    """A command group whose expected troubles are one line on stderr, never a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Exception as error:
            line = plain_line(error)
            if line is None:
                raise
            click.echo(f"bijli: {line}", err=True)
            ctx.exit(TROUBLE)


def use_settings() -> Settings:
    """The settings of this command; the rest of the process sees the same ones."""
    os.environ.update(command_environment(home()))
    return Settings.from_env()


@click.group(cls=PlainGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Bijli Line: customers and staff of small grids, by USSD and SMS."""


@cli.command()
def serve() -> None:
    """Answer the gateways' webhooks."""
    settings = use_settings()
    from ops.serve import serve as run

    run(settings)


@cli.command()
@click.option("--cron", is_flag=True, help="Run the scheduler as well: one worker of a deployment should.")
def work(cron: bool) -> None:
    """Send what waits in the outbox and do the other jobs."""
    settings = use_settings()
    from jobs.worker import run

    run(settings, cron)


@cli.command()
def migrate() -> None:
    """Bring the database to the schema of this version."""
    url = use_settings().database_url
    from migrations import upgrade, versions

    before, wanted = versions(url)
    upgrade(url)
    click.echo(
        f"The database is at {wanted}."
        if before == wanted
        else f"The database went from {before or 'nothing'} to {wanted}."
    )


@cli.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def load(folder: Path) -> None:
    """Load plants, staff, packages, customers and balances from the CSV files in FOLDER."""
    settings = use_settings()
    from ops.load import run

    if not run(settings, folder, click.echo):
        sys.exit(1)


@cli.command()
def audit() -> None:
    """Prove that nothing in the audit was changed, removed or slipped in."""
    settings = use_settings()
    from ops.audit import run

    if not run(settings, click.echo):
        sys.exit(1)


@cli.command()
@click.argument("plant")
@click.argument("period", required=False)
@click.option("--post", "how", flag_value="post", help="Make the bills, and write the messages for them.")
@click.option("--dry-run", "how", flag_value="dry", default=True, help="Only say what it comes to (default).")
@click.option("--reverse", "run", type=int, help="Take the run with this number back, as a whole.")
def bill(plant: str, period: str | None, how: str, run: int | None) -> None:
    """Bill PLANT for PERIOD (a month, 2026-11): first dry, then with --post."""
    if (period is None) == (run is None):
        raise click.UsageError("give either a period or --reverse with the number of a run")
    settings = use_settings()
    from ops import bill as billing

    if run is not None:
        billing.reverse(settings, plant, run, click.echo)
    elif how == "post":
        billing.post(settings, plant, str(period), click.echo)
    else:
        billing.dry_run(settings, plant, str(period), click.echo)


@cli.command()
@click.argument("number")
@click.argument("how", type=click.Choice(["on", "off"]))
def switch(number: str, how: str) -> None:
    """Let the smart meter of connection NUMBER switch the supply on or off (off: by day only)."""
    settings = use_settings()
    from ops.switch import run

    click.echo(run(settings, number, on=how == "on"))


@cli.command(hidden=True)
def meters() -> None:
    """Serve the demo's simulated smart meters."""
    settings = use_settings()
    from ops.meters import serve as run

    if settings.simulated_meters_url is None:
        raise SettingError("SIMULATED_METERS_URL is not set")
    run(home() / "meters.json", settings.simulated_meters_url)


@cli.command("pay-stand-in", hidden=True)
def pay_stand_in() -> None:
    """Serve the demo's stand-in for Razorpay."""
    settings = use_settings()
    from ops.environment import base_url
    from ops.razorpay import serve as run

    razorpay = settings.razorpay
    if not settings.demo or razorpay is None or razorpay.base_url is None:
        raise SettingError("RAZORPAY_BASE_URL is not set, or this is not the demo")
    run(home() / "razorpay.json", razorpay, razorpay.base_url, base_url(settings))


@cli.command()
def demo() -> None:
    """Run the whole service here, with invented customers."""
    from ops import demo as demonstration
    from ops.supervisor import Ended, end_on_signals

    end_on_signals()
    try:
        demonstration.run(home(), _say)
    except Ended:
        _say("Everything has ended.")


@cli.command()
def check() -> None:
    """Look at settings, database, Redis, migrations and gateways: one line each."""
    from ops.check import findings

    good = True
    for finding in findings(command_environment(home())):
        click.echo(finding.line())
        good = good and finding.good
    sys.exit(0 if good else 1)


@cli.group()
def dlt() -> None:
    """SMS templates of India (DLT): what to register, and whether it is registered."""


@dlt.command("list")
def list_templates() -> None:
    """Write every template to register as CSV, in every language."""
    settings = use_settings()
    from ops.dlt import write_list

    write_list(settings, sys.stdout)


@dlt.command("check")
def check_templates() -> None:
    """Compare the registered templates (dlt.csv) with the words of this version."""
    settings = use_settings()
    from ops.dlt import check as run

    if not run(settings, click.echo):
        sys.exit(1)


@cli.group()
def whatsapp() -> None:
    """WhatsApp's templates at Twilio."""


@whatsapp.command("sync")
def sync_templates() -> None:
    """Make the templates that our words need, ask for their approval, and say how it stands."""
    settings = use_settings()
    from ops.whatsapp import run

    if not run(settings, click.echo):
        sys.exit(1)


@cli.group(invoke_without_command=True)
@click.argument("number")
@click.pass_context
def phone(ctx: click.Context, number: str) -> None:
    """A handset with the given NUMBER (+91…) at the running service; interactive without a command."""
    settings = use_settings()
    phone_number = read_phone(number)
    if phone_number is None:
        raise click.BadParameter(f"{number} is no phone number; write it like +919800000001")
    if settings.africastalking is None:
        raise NoService("AT_SECRET is not set: the handset uses the webhooks of Africa's Talking")
    ctx.obj = Handset(
        phone_number, base_url(settings), settings.africastalking.secret, settings.ussd_code, _say
    )
    if ctx.invoked_subcommand is None:
        Prompt(ctx.obj).run(_typed())


@phone.command(context_settings={"ignore_unknown_options": True})
@click.argument("keys", nargs=-1)
@click.pass_obj
def dial(handset: Handset, keys: tuple[str, ...]) -> None:
    """Dial the service code and press KEYS, which may be words."""
    press_all(handset, keys)


@phone.command()
@click.argument("words")
@click.pass_obj
def sms(handset: Handset, words: str) -> None:
    """Send WORDS as one SMS and show what comes back."""
    text_and_wait(handset, words)


@phone.command()
@click.pass_obj
def inbox(handset: Handset) -> None:
    """List every message that reached the number."""
    show_inbox(handset)


def _say(words: str) -> None:
    """Print at once; a closed terminal is no reason to stop ending in good order."""
    try:
        click.echo(words)
        sys.stdout.flush()
    except OSError:
        return


def _typed() -> Iterator[str]:
    """Lines from the keyboard until Ctrl-D or Ctrl-C; a script that types is shown no prompt."""
    prompt = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(prompt)
        except (EOFError, KeyboardInterrupt):
            return


if __name__ == "__main__":
    cli()
