#!/usr/bin/env bash
# Installs what Svarboks needs from the system and the machine lacks. Used by make, .ci/run and the Dockerfile alike.
#
#   scripts/system-packages.sh run     what serving needs (fonts and the text engine behind the PDFs)
#   scripts/system-packages.sh test    that, and what the tests need (a browser, PDF and tracing tools, a spreadsheet
#                                      program, and what says whether the examples in deploy/ are accepted)
#
# With apt and as root it installs; otherwise it prints the one line to run, and fails.
set -euo pipefail

purpose=${1:-run}
packages=(python3-venv libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core)
case "$purpose" in
  run) ;;
  test) packages+=(chromium webkit2gtk-driver xvfb poppler-utils strace sqlite3 libreoffice-calc-nogui openssl nginx-light systemd) ;;
  *) echo "usage: $0 run|test" >&2; exit 2 ;;
esac

lacking=()
for package in "${packages[@]}"; do
  case "$package" in
    # A Python that brings venv itself (pyenv, a container image) needs no package for it.
    python3-venv) "${PYTHON:-python3}" -c 'import venv, ensurepip' 2>/dev/null || lacking+=("$package") ;;
    # Ubuntu's package of this name only points to a snap; a browser already on PATH serves as well.
    chromium) command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || lacking+=("$package") ;;
    # nginx in any of its packages: it is asked whether it accepts a file.
    nginx-light) PATH=$PATH:/usr/sbin command -v nginx >/dev/null || lacking+=("$package") ;;
    *) dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' || lacking+=("$package") ;;
  esac
done
[ ${#lacking[@]} -eq 0 ] && exit 0

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing from the system's packages: ${lacking[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -q >/dev/null
  # A server that was only to read a file must not begin to serve on port 80, now or when the machine starts.
  quiet_nginx=false
  if [[ " ${lacking[*]} " == *" nginx-light "* ]] && command -v systemctl >/dev/null; then
    quiet_nginx=true
    systemctl mask --quiet nginx.service
  fi
  apt-get install -y -q --no-install-recommends "${lacking[@]}" >/dev/null
  if $quiet_nginx; then
    systemctl unmask --quiet nginx.service
    systemctl disable --quiet nginx.service
  fi
else
  echo "Svarboks needs these system packages. Run this line, then try again:" >&2
  echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${lacking[*]}" >&2
  exit 1
fi
