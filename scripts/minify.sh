#!/bin/sh
# The name is for src/web/worker_boot.js. Makes the page's scripts small; Trunk runs it on what it has built. A quick build stays as it is.
set -e
[ "$TRUNK_PROFILE" = release ] || exit 0
for script in "$TRUNK_STAGING_DIR"/*.js; do
    terser "$script" --module --compress --mangle "reserved=[__wbg_init]" --output "$script"
done
