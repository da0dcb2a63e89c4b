"""`tifo accounts …` and `tifo audit …`."""

import sys

import click
from django.conf import settings
from django.urls import reverse

from tifo.accounts.actions import create_staff, sign_checkpoint
from tifo.accounts.models import User
from tifo.accounts.queries import audit_count, invitation_token, latest_checkpoint, roles_of, verify_audit
from tifo.accounts.types import STAFF
from tifo.kernel.public import console


@click.command()
@click.argument("email")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(STAFF)),
    help="Again for each role.",
)
@click.option("--name", default="", help="How she is called.")
@click.option(
    "--password", default=None, help="Without it, a link is printed with which she chooses her own."
)
@console.json_option
def add(email: str, roles: tuple[str, ...], name: str, password: str | None, as_json: bool) -> None:
    """Have EMAIL on the staff with exactly these roles. Asking twice changes nothing."""
    user = User.objects.get(id=create_staff(email, name, password, roles))
    held = sorted(roles_of(user.id))
    link = ""
    if not user.has_usable_password():
        link = settings.TIFO_PUBLIC_URL + reverse("accounts:invitation", args=[invitation_token(user)])
    lines = [f"{user.email}: {', '.join(held)}"]
    lines += [f"She chooses her password within a week at {link}"] if link else []
    console.out(
        {"id": user.id, "email": user.email, "roles": held, "invitation": link or None}, as_json, lines
    )


@click.command()
@console.json_option
def verify(as_json: bool) -> None:
    """Hold the audit trail against its own chain and the signed checkpoints. Exit code 1 when something is wrong."""
    problems = verify_audit()
    if not problems:
        sign_checkpoint()
    entries, last = audit_count(), latest_checkpoint()
    signed = last.sequence if last else 0
    sound = [f"{entries} entries, each as it was written; signed up to entry {signed}."]
    result = {"entries": entries, "signed": signed, "problems": problems}
    console.out(result, as_json, problems or sound)
    if problems:
        sys.exit(1)


COMMANDS = {"accounts add": add, "audit verify": verify}
