# Sourced by run, test, check and bench: goes to the repository's root and keeps .venv as the requirement files say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python
on_cores=(-n auto --maxprocesses 4 --dist worksteal) # pytest on the cores there are; whoever is done takes from the others

say() { echo "$*" >&2; }

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    say "Python 3.11, 3.12 or 3.13 is needed, but none was found. On Debian: apt-get install python3 python3-venv"
    return 1
}

make_venv() {
    if "$python" -m pip --version >/dev/null 2>&1; then return; fi
    local found
    found=$(find_python)
    if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$found has no venv module, which .venv needs. On Debian: apt-get install python3-venv"
        return 1
    fi
    say "Making .venv with $found ..."
    "$found" -m venv --clear .venv
}

# prepare [--no-deps] FILE...: installs the requirement files, unless these very files were installed before.
prepare() {
    local alone=()
    if [ "$1" = --no-deps ]; then
        alone=(--no-deps)
        shift
    fi
    make_venv
    local stamp=".venv/installed-$1" wanted
    wanted=$(cat "$@" | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    say "Installing what $* pin; the first time this takes a few minutes ..."
    "$python" -m pip install -qq --disable-pip-version-check "${alone[@]}" $(printf -- '-r %s ' "$@")
    echo "$wanted" >"$stamp"
}

# prepare_node: installs what checks the page's scripts, unless these very versions were installed before. Without Node,
# or where nothing can be fetched, it says what is left out and fails; the page itself needs neither.
prepare_node() {
    local left_out="the page's scripts are not checked" stamp=node_modules/installed wanted
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "There is no Node here: $left_out. On Debian: apt-get install nodejs npm"
        return 1
    fi
    wanted=$(cat package.json package-lock.json | sha256sum)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    say "Installing what checks the page's scripts ..."
    if ! npm ci --silent --no-audit --no-fund; then
        say "npm could not install what package-lock.json pins: $left_out. Once it can be reached: npm ci"
        return 1
    fi
    echo "$wanted" >"$stamp"
}
