from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from members.models import PersonalAccount
from members.selectors import unbalanced_accounts
from policies.money import yuan


class Command(BaseCommand):
    help = "Check that every account's balance is the sum of its entries and not negative."

    def handle(self, **options):
        wrong = list(unbalanced_accounts().values_list("pk", "balance", "booked"))
        for account, balance, booked in wrong:
            figures = {"account": account, "balance": yuan(balance), "booked": yuan(booked)}
            self.stderr.write(_("account %(account)s: balance %(balance)s, entries %(booked)s") % figures)
        if wrong:
            raise CommandError(_("%s accounts do not agree with their entries.") % len(wrong))
        self.stdout.write(_("%s accounts agree with their entries.") % PersonalAccount.objects.count())
