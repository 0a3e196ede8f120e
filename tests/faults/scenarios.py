"""All scenarios, in the order in which they are played."""

from tests.faults.play import Scenario
from tests.faults.scenarios_claims import poison, storm
from tests.faults.scenarios_files import files_of_claims
from tests.faults.scenarios_intake import (
    cut_off_and_at_once,
    disk_full,
    tampered_with,
    version_published,
    years_end,
)
from tests.faults.scenarios_workers import (
    delivered_five_times,
    hot_member,
    killed_at_points,
    killed_whole,
    messages_lost,
    old_and_new_code,
    postgres_restarted,
    redis_flushed_killed_absent,
)

SCENARIOS: tuple[Scenario, ...] = (
    killed_at_points,
    killed_whole,
    delivered_five_times,
    redis_flushed_killed_absent,
    messages_lost,
    postgres_restarted,
    hot_member,
    old_and_new_code,
    cut_off_and_at_once,
    files_of_claims,
    years_end,
    version_published,
    tampered_with,
    disk_full,
    poison,
    storm,
)
