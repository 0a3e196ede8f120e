import re

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from members.records import month_start
from members.services.credits import CreditReport, credit_month
from policies.models import City
from policies.money import yuan


class Command(BaseCommand):
    help = "Credit a city's personal accounts for a month; running it again credits nobody twice."

    def add_arguments(self, parser):
        parser.add_argument("city", help=_("division code, such as 370600"))
        parser.add_argument("month", help=_("such as 2023-05"))

    def handle(self, *, city: str, month: str, **options):
        written = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", month)
        if written is None:
            raise CommandError(_("%s is no month: write it as 2023-05.") % month)
        if not City.objects.filter(pk=city).exists():
            raise CommandError(_("%s is no city of this system.") % city)
        at = timezone.now()
        try:
            report = credit_month(
                city=city,
                month=int(written[1]) * 12 + int(written[2]) - 1,
                on=timezone.localdate(at),
                at=at,
                actor=None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for part in (*report.arrears.values(), report):
            self._print(part)

    def _print(self, report: CreditReport) -> None:
        counts = {
            "month": f"{month_start(report.month):%Y-%m}",
            "credited": report.credited,
            "amount": yuan(report.amount),
        }
        self.stdout.write(_("%(month)s: %(credited)s members credited, %(amount)s yuan") % counts)
        for reason, members in report.reasons.items():
            self.stdout.write(
                _("  not credited, %(reason)s: %(count)s") % {"reason": reason, "count": members}
            )
