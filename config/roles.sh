#!/bin/sh
# Run once by the compose file's PostgreSQL, on an empty volume: the logins of the app and of the auditor.
# What they may do is set by `manage.py make_database_roles`, after every migrate.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$APP_PASSWORD" <<'SQL'
CREATE ROLE outpatient_app LOGIN PASSWORD :'password';
CREATE ROLE outpatient_auditor NOLOGIN;
SQL
