#!/usr/bin/env bash
# Prints where uv is: the one on the path, else one of our own in .venv-tools, which is made when it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v uv; then exit; fi
if [ ! -x .venv-tools/bin/uv ]; then
  printf '\033[36m%s\033[0m\n' "安装 uv / installing uv" >&2
  python3 -m venv .venv-tools
  .venv-tools/bin/pip install -q --disable-pip-version-check "uv>=0.9" >&2
fi
echo "$PWD/.venv-tools/bin/uv"
