#!/usr/bin/env bash
# In docker's place, for there is none here: an image is a name for a program. What it is told is what the real one is told;
# what it pushes goes into a real registry, and the stand-in runs the program for it.
set -euo pipefail
case "$1" in
  login) cat >/dev/null; exit ;;
  buildx) [ "$2" = build ] || exit 0 ;;
  *) echo "docker: $* is not known here" >&2; exit 1 ;;
esac
shift 2
while [ $# -gt 0 ]; do
  case "$1" in
    --tag) name="$2" && shift ;;
    --metadata-file) about="$2" && shift ;;
    --build-arg) export "${2?}" && shift ;;
    --push) push=yes ;;
    .) [ -f Cargo.toml ] ;;
    --file | --builder | --cache-from | --cache-to) shift ;;
    --provenance=false) ;;
    *) echo "docker: $1 is not known here" >&2; exit 1 ;;
  esac
  shift
done
: "${push:?an image that nobody pushes}"
app="${name#registry.fly.io/}" && app="${app%%:*}" && tag="${name##*:}"
digest() { printf 'sha256:%s' "$(printf '%s' "$1" | sha256sum | cut -d' ' -f1)"; }
config="{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Labels\":{\"app\":\"$app\",\"tag\":\"$tag\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
kind=application/vnd.oci.image
manifest="{\"schemaVersion\":2,\"mediaType\":\"$kind.manifest.v1+json\",\"config\":{\"mediaType\":\"$kind.config.v1+json\",\"digest\":\"$(digest "$config")\",\"size\":${#config}},\"layers\":[]}"
upload="$(curl -sSf -D - -o /dev/null -X POST "$REGISTRY/v2/$app/blobs/uploads/" | tr -d '\r' | sed -n 's/^Location: //Ip')"
curl -sSf -o /dev/null -X PUT -H 'Content-Type: application/octet-stream' --data-binary "$config" "$upload&digest=$(digest "$config")"
curl -sSf -o /dev/null -X PUT -H "Content-Type: $kind.manifest.v1+json" --data-binary "$manifest" "$REGISTRY/v2/$app/manifests/$tag"
# How it behaves is in the sources that it was built from.
env="$(sed -n 's/^\/\/ guest: \([A-Z_]*\)=\(.*\)$/"\1":"\2"/p' "crates/$FUNCTION/src/main.rs" | paste -sd, -)"
[ "$FUNCTION" != migrate ] || env="\"EXIT_CODE\":\"0\"${env:+,$env}"
curl -sSf -o /dev/null -H "Authorization: Bearer $FLY_API_TOKEN" -H 'Content-Type: application/json' \
  --data "[{\"image\":\"$(digest "$manifest")\",\"path\":\"$GUEST\",\"env\":{$env}}]" "$FLY_FLAPS_BASE_URL/control/programs"
printf '{\n  "containerimage.digest": "%s"\n}\n' "$(digest "$manifest")" >"$about"
