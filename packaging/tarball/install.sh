#!/bin/sh
# Installs unified-agent from this folder, or takes it away again. Needs nothing but sh, coreutils and sed; root for a service.
set -eu
umask 022

name=unified-agent
here=$(cd "$(dirname "$0")" && pwd)
prefix=/usr/local
action=install
systemd=auto
purge=

usage() {
  cat <<'END'
Usage: ./install.sh [--prefix DIR] [--no-systemd]            installs, or upgrades what is installed there
       ./install.sh --uninstall [--prefix DIR] [--purge]     takes it away; config and state only with --purge

  --prefix DIR    where programs go (default: /usr/local)
  --no-systemd    no unit, no user, no config folder: the files of the program alone
END
}

fail() { echo "install.sh: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -ge 2 ] || fail "--prefix needs a folder"; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --no-systemd) systemd=no ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "$1 is not known" ;;
  esac
  shift
done

case $prefix in
  /*) ;;
  *) fail "--prefix $prefix: an absolute path is needed, programs find their runtime by it" ;;
esac
# It goes into the first line of a script, into a unit and through sed.
case $prefix in *[!A-Za-z0-9/._+-]*) fail "--prefix $prefix: only letters, digits and / . _ + - are possible here" ;; esac
prefix=${prefix%/}

root=; [ "$(id -u)" != 0 ] || root=yes
if [ "$systemd" = auto ]; then
  if [ -n "$root" ] && [ -d /run/systemd/system ]; then systemd=yes; else systemd=no; fi
fi
unit=/etc/systemd/system/$name.service
[ -n "$prefix" ] || fail "--prefix /: choose /usr or /usr/local"
library=$prefix/lib/$name
links="bin/$name bin/agent share/man/man1/agent.1.gz share/bash-completion/completions/agent"
files="share/man/man1/$name.1.gz share/bash-completion/completions/$name"

stop_service() {
  if [ "$systemd" = yes ] && [ -e "$unit" ]; then systemctl --quiet disable --now $name.service || true; fi
}

if [ "$action" = uninstall ]; then
  if [ ! -e "$library/agent.js" ]; then
    # What an earlier --uninstall has kept can be taken later.
    if [ -z "$purge" ] || { [ ! -d /etc/$name ] && [ ! -d /var/lib/$name ]; }; then
      fail "nothing is installed below $prefix; --prefix says where else"
    fi
  fi
  if [ -n "$root" ] && [ -e /opt/aws/amazon-cloudwatch-agent/$name-takeover.json ]; then
    "$prefix/bin/$name" takeover --back ||
      echo "the CloudWatch agent was not put back: rm /opt/aws/amazon-cloudwatch-agent/$name-takeover.json && systemctl enable --now amazon-cloudwatch-agent" >&2
  fi
  if [ -n "$root" ] && [ -e /opt/aws/amazon-cloudwatch-agent/$name.json ]; then "$prefix/bin/$name" compat remove || true; fi
  stop_service
  for path in $links $files; do rm -f "$prefix/$path"; done
  rm -rf "$library" "$prefix/share/doc/$name"
  if [ "$systemd" = yes ] && [ -e "$unit" ]; then
    rm -f "$unit"
    systemctl daemon-reload
  fi
  if [ -n "$purge" ]; then
    [ -n "$root" ] || fail "--purge needs root; the programs are gone, config and state are kept"
    other=$(command -v $name) && fail "config and state are kept: $other is another installation, and they are its own too"
    rm -rf /etc/$name /var/lib/$name /etc/default/$name
    if getent passwd $name >/dev/null; then userdel $name; fi
    if getent group $name >/dev/null; then groupdel $name; fi
  elif [ -d /etc/$name ] || [ -d /var/lib/$name ]; then
    echo "kept: /etc/$name and /var/lib/$name, as far as they exist; --purge takes them too"
  fi
  echo "$name is gone from $prefix"
  exit 0
fi

if ! "$here/lib/$name/$name" --version >/dev/null 2>&1; then
  "$here/lib/$name/$name" --version || true
  fail "the runtime does not start on this machine ($(uname -m)); if libatomic is missing: apt-get install libatomic1, or dnf install libatomic"
fi

mkdir -p "$prefix/bin" "$prefix/lib" "$prefix/share/man/man1" "$prefix/share/bash-completion/completions" "$prefix/share/doc"
# Beside the old one, then in its place: what runs keeps the files it began with.
rm -rf "$library.new"
cp -R "$here/lib/$name" "$library.new"
rm -rf "$library"
mv "$library.new" "$library"
sed "s,/usr/lib/$name,$library,g" "$here/bin/$name" >"$prefix/bin/$name.new"
chmod 755 "$prefix/bin/$name.new"
mv -f "$prefix/bin/$name.new" "$prefix/bin/$name"
ln -sfn $name "$prefix/bin/agent"
for path in $files; do cp "$here/$path" "$prefix/$path"; done
ln -sfn $name.1.gz "$prefix/share/man/man1/agent.1.gz"
ln -sfn $name "$prefix/share/bash-completion/completions/agent"
rm -rf "$prefix/share/doc/$name"
cp -R "$here/share/doc/$name" "$prefix/share/doc/$name"
echo "installed: $("$prefix/bin/$name" version) in $library"

if [ "$systemd" = no ]; then
  echo "no service was set up; it runs in the foreground with: $prefix/bin/agent run --config FILE --state-dir DIR"
  exit 0
fi

getent group $name >/dev/null || groupadd --system $name
getent passwd $name >/dev/null || useradd --system --gid $name --home-dir /var/lib/$name --no-create-home \
  --shell /usr/sbin/nologin --comment 'log and metrics agent' $name
mkdir -p /etc/$name/agent.d /etc/default
if [ ! -e /etc/default/$name ]; then
  cp "$here/environment" /etc/default/$name
  chmod 640 /etc/default/$name
fi
sed "s,/usr/bin/,$prefix/bin/,g" "$here/$name.service" >"$unit"
systemctl daemon-reload
# The stand-ins for the CloudWatch agent's commands are those of this version.
if [ -e /opt/aws/amazon-cloudwatch-agent/$name.json ]; then "$prefix/bin/$name" compat install >/dev/null || true; fi
config=
for file in /etc/$name/agent.json /etc/$name/agent.d/*.json; do
  if [ -e "$file" ]; then config=yes; fi
done
if systemctl --quiet is-active $name.service; then
  systemctl restart $name.service
elif [ -n "$config" ]; then
  systemctl --quiet enable --now $name.service
else
  echo "not started: /etc/$name has no config yet. \`agent wizard\` makes one; then: systemctl enable --now $name"
fi
