#!/usr/bin/env bash
# Install the Debian packages of packages.txt that are missing: by apt when root, else say in one line what to run.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
while read -r package; do
  [ -n "$package" ] || continue
  case "$package" in
    # A Python or Maven that is there already, from wherever, serves.
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && continue ;;
    maven) command -v mvn >/dev/null && continue ;;
  esac
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done < packages.txt
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Thiếu gói Debian. Hãy chạy (missing packages, please run): sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
