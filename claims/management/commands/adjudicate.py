import time

from django.core.management.base import BaseCommand
from django.utils import timezone

from claims.selectors import waiting_shards
from claims.services import adjudication
from claims.services.adjudication import State


class Command(BaseCommand):
    help = "Adjudicate every queued claim, here and now, without a broker."

    def handle(self, *args, **options):
        done = 0
        while shards := waiting_shards():
            drained = [adjudication.drain(shard, clock=timezone.now) for shard in shards]
            done += sum(one.claims for one in drained)
            if all(one.state == State.BUSY for one in drained):
                time.sleep(0.1)
        self.stdout.write(f"{done} claims adjudicated.")
