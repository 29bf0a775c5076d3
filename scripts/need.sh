#!/bin/sh
# need.sh TEST PACKAGE…: unless the shell command TEST succeeds, install the Debian packages as root, or print how to.
set -eu
test=$1
shift
present() { sh -c "$test" >/dev/null 2>&1; }

present && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $* …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null
    apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
    present && exit 0
fi
echo "$* is missing. Run this, then try again:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" >&2
exit 1
