#!/bin/sh
# Copies both databases and the rendered reports of the data folder (SVARBOKS_DATA) into a new folder below the one given,
# while Svarboks runs, and removes copies older than 30 days. The keys are not in it and must not be, nor is the service's own
# secret, which seals the second factors: it stands in the environment (SVARBOKS_SECRET_KEY), or in the data folder's file `secret`.
#
#   SVARBOKS_DATA=/var/lib/svarboks deploy/backup.sh /var/backups/svarboks
set -eu
target=${1:?usage: backup.sh FOLDER}
data=${SVARBOKS_DATA:?SVARBOKS_DATA names the data folder}
keep_days=${SVARBOKS_BACKUP_DAYS:-30}
umask 077

for name in waiting.db svarboks.db; do
  [ -f "$data/$name" ] || { echo "$data/$name is missing; nothing was copied." >&2; exit 1; }
done
at=$(date -u +%Y-%m-%dT%H%M%SZ)
draft="$target/.$at.tmp"
mkdir -p "$target"
rm -rf "$target"/.*.tmp
mkdir "$draft"

# waiting.db first: mixing keeps an answer in svarboks.db before it removes the sealed copy from waiting.db. So an answer
# that is mixed between the two copies is in both, which the next mix notices, and never in neither.
# VACUUM INTO writes no free pages and no log: what was deleted is not in the copy.
for name in waiting.db svarboks.db; do
  sqlite3 "$data/$name" ".timeout 60000" "VACUUM INTO '$draft/$name'"
  [ "$(sqlite3 "$draft/$name" 'PRAGMA integrity_check')" = ok ] || { echo "the copy of $name is not whole" >&2; exit 1; }
done
if [ -d "$data/reports" ]; then cp -R "$data/reports" "$draft/reports"; fi
sync
mv "$draft" "$target/$at"

find "$target" -mindepth 1 -maxdepth 1 -type d -name '20*Z' -mtime +"$((keep_days - 1))" -exec rm -rf {} +
echo "$target/$at"
