# Sourced by the other scripts: the set-up they share. Nothing outside this checkout is changed but by apt-get, as root.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*"; }

# need_commands COMMAND:PACKAGE ...: install Debian's packages of the commands that are missing, or say what to install.
need_commands() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing ${missing[*]} (apt-get)"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    printf 'Missing: %s\nInstall them, for example: sudo apt-get install %s\n' "${missing[*]}" "${missing[*]}" >&2
    [ "${CI:-}" != true ] || exit 1
    echo "Tests that need them will be skipped." >&2
  fi
}

# need_tools: what the tests start beside Python.
need_tools() {
  local PATH="$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)"  # where Debian keeps all but the clients
  need_commands chromium:chromium node:nodejs npm:npm strace:strace faketime:faketime wrk:wrk nginx:nginx curl:curl \
    postgres:postgresql sqlite3:sqlite3 java:default-jdk-headless mvn:maven
}

# make_environment run|dev: a virtual environment in .venv with the locked packages and this checkout.
make_environment() {
  local lock="requirements/$1.txt" stamp
  local python
  python=$(command -v python3) || { echo "python3 is missing; expected Python 3.11 or newer" >&2; exit 1; }
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { echo "$("$python" --version) is too old; expected Python 3.11 or newer" >&2; exit 1; }
  "$python" -c 'import ensurepip, venv' 2>/dev/null || need_commands no-such-command:python3-venv
  stamp=$(cat "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)
  [ "$(cat ".venv/footfall-$1" 2>/dev/null)" != "$stamp" ] || return 0
  say "Making the environment .venv ($lock)"
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
  echo "$stamp" >".venv/footfall-$1"
}
