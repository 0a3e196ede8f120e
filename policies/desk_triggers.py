"""What the database itself refuses of the desk: approving and publishing by the wrong person, or of other content.

The rules hold whoever writes: a service, the admin, a script, SQL by hand. A person is an editor of a version
where an edit is on record for him, or where the history of its rows names him.
"""

from policies.triggers import (
    DELETE,
    INSERT,
    POLICY_TRIGGERS,
    UPDATE,
    Trigger,
    append_only,
    frozen_rows,
)

VERSIONS, TRANSITIONS, EDITS = "policies_policyversion", "policies_versiontransition", "policies_versionedit"
CASES = "policies_acceptancecase"
# The tables whose history names who edited a version, with the column that says which version it was.
HISTORIES = {
    "policies_historicalpolicyversion": "id",
    **{
        trigger.table.replace("policies_", "policies_historical"): "version_id"
        for trigger in POLICY_TRIGGERS
        if trigger.table not in (VERSIONS, TRANSITIONS)
    },
    "policies_historicalacceptancecase": "version_id",
}


def edited_by(person: str) -> str:
    """SQL: whether someone has edited the version of the transition NEW; `person` is a condition on "%s"."""
    sources = {
        EDITS: ("version_id", "editor_id"),
        **{t: (c, "history_user_id") for t, c in HISTORIES.items()},
    }
    return " OR ".join(
        f'EXISTS (SELECT 1 FROM "{table}" e WHERE e.{column} = NEW.version_id AND {person % f"e.{who}"})'
        for table, (column, who) in sources.items()
    )


_READ = (VERSIONS, EDITS, *HISTORIES)
_BY_A_PERSON = "NEW.actor_id IS NOT NULL"
_LAST_WORD = f"(SELECT max(x.id) FROM {TRANSITIONS} x WHERE x.version_id = NEW.version_id)"

DESK_TRIGGERS: list[Trigger] = [
    *append_only(EDITS),
    *append_only("policies_versioncomment"),
    *append_only("policies_documentfile"),
    *append_only("policies_userevent"),
    *frozen_rows(CASES),
    Trigger("policies_user", DELETE, "users are deactivated, never deleted"),
    Trigger(
        TRANSITIONS,
        INSERT,
        "whoever edited a version neither approves nor publishes it",
        f"NEW.kind IN ('approved', 'published') AND {_BY_A_PERSON} AND ({edited_by('%s = NEW.actor_id')})",
        _READ,
        label="by_an_editor",
    ),
    Trigger(
        TRANSITIONS,
        INSERT,
        "a version is published as somebody else approved it, and nothing came after",
        f"NEW.kind = 'published' AND {_BY_A_PERSON} AND NOT EXISTS (SELECT 1 FROM {TRANSITIONS} a "
        f"WHERE a.id = {_LAST_WORD} AND a.kind = 'approved' AND a.actor_id <> NEW.actor_id "
        "AND a.fingerprint = NEW.fingerprint AND a.cases = NEW.cases)",
        (VERSIONS,),
        label="unapproved",
    ),
    Trigger(
        TRANSITIONS,
        INSERT,
        "a command publishes only what a command loaded and nobody has edited, and reviews nothing",
        "NEW.actor_id IS NULL AND (NEW.kind IN ('submitted', 'returned', 'approved') OR (NEW.kind = 'published' "
        f"AND (NOT EXISTS (SELECT 1 FROM {VERSIONS} v WHERE v.id = NEW.version_id AND v.loaded) "
        f"OR {edited_by('%s IS NOT NULL')})))",
        _READ,
        label="by_a_command",
    ),
    Trigger(
        VERSIONS,
        UPDATE,
        "a version is published with the transition that says by whom, of exactly this content",
        "OLD.published_at IS NULL AND NEW.published_at IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {TRANSITIONS} t WHERE t.version_id = NEW.id AND t.kind = 'published' "
        "AND t.fingerprint = NEW.fingerprint)",
        (TRANSITIONS,),
        label="unrecorded",
    ),
]
