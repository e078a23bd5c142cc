#!/bin/sh
# Installs what Millrace is measured against into .cache/peers (MILLRACE_PEERS names another place): River and Vowpal
# Wabbit in a Python of their own, and the C loop. Safe to repeat: what is there already is left alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${MILLRACE_PEERS:-$here/../.cache/peers}
need() {
  command -v "$1" >/dev/null 2>&1 || { echo "peers.sh: $1 is not on the path; $2" >&2; exit 1; }
}
need python3 'install Python 3.11 or later with its venv module'
need gcc 'install the GNU C compiler: the C loop is one of the peers'

mkdir -p "$cache"
python="$cache/venv/bin/python"
if ! "$python" -c '' 2>/dev/null; then
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv" || { echo 'peers.sh: python3 has no venv module (Debian: apt install python3-venv)' >&2; exit 1; }
fi
wanted='river 0.26.1
vowpalwabbit 9.11.9
numpy 2.4.6'
if [ "$("$python" "$here/peers/versions.py")" != "$wanted" ]; then
  "$python" -m pip install --quiet --disable-pip-version-check river==0.26.1 vowpalwabbit==9.11.9 numpy==2.4.6
fi
if [ ! -x "$cache/ceiling" ] || [ "$here/peers/ceiling.c" -nt "$cache/ceiling" ]; then
  gcc -O3 -march=native -o "$cache/ceiling" "$here/peers/ceiling.c" -lm
fi
"$python" "$here/peers/versions.py"
gcc --version | head -n 1
