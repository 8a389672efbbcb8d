#!/bin/sh
# Makes the page's scripts small; Trunk runs it on what it has built.
set -e
for script in "$TRUNK_STAGING_DIR"/*.js; do
    terser "$script" --module --compress --mangle --output "$script"
done
