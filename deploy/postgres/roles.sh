#!/bin/sh
# A role and a database for each service, once, when the server's folder is empty. Who holds one service's password
# gets into that service's database and no other.
set -eu

make_service() {
    psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres \
        -v name="$1" -v password="$2" <<'SQL'
create role :"name" login password :'password' nosuperuser nocreatedb nocreaterole;
create database :"name" owner :"name";
revoke connect, temporary on database :"name" from public;
SQL
}

make_service order_tracking "$ORDER_TRACKING_PASSWORD"
make_service dispute "$DISPUTE_PASSWORD"
make_service arbitration "$ARBITRATION_PASSWORD"
make_service notification "$NOTIFICATION_PASSWORD"
