#!/usr/bin/env bash
# At Fly the address of an app follows from its name; here each has another port.
set -euo pipefail
[ ! -f "$FRONTS/${2:-}" ] || FLY_APP_URL="$(cat "$FRONTS/$2")"
export FLY_APP_URL="${FLY_APP_URL:-http://127.0.0.1:9}"
exec "$BUILT/boardctl" "$@"
