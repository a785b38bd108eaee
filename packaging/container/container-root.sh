#!/bin/sh
# container-root.sh PACKAGE FOLDER: installs the package on this Debian and lays out in FOLDER what a container of it needs.
set -eu

package=$1
image=$2
library=/usr/lib/unified-agent

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" >/dev/null

mkdir -p "$image"
cp -a --parents $library /usr/bin/unified-agent /usr/bin/agent /usr/share/doc/unified-agent /etc/unified-agent "$image"
# The loader and what it loads, by the names it looks for; the loader itself stands alone in its line.
ldd $library/unified-agent | sed -n 's,^[^/]*\(/[^ ]*\) (0x.*,\1,p' | while read -r file; do
  cp -L --parents "$file" "$image"
done
for name in libatomic1 libc6 libgcc-s1 libstdc++6; do
  mkdir -p "$image/usr/share/doc/$name"
  cp -L "/usr/share/doc/$name/copyright" "$image/usr/share/doc/$name/copyright"
done
for name in passwd group; do grep -E '^(root|nobody|nogroup|unified-agent):' /etc/$name >"$image/etc/$name"; done
echo 'hosts: files dns' >"$image/etc/nsswitch.conf"
mkdir -p "$image/var/lib/unified-agent" "$image/run" "$image/tmp"
chmod 1777 "$image/tmp"
