#!/bin/sh
# Takes over from a CloudWatch agent and gives back, with the real systemd: for a booted machine that may be spoiled.
#
#   takeover.sh     as root, this agent installed and no CloudWatch agent; one that only waits is put in its place
#
# AWS_REGION, credentials and AWS_ENDPOINT_URL (of `agent endpoint`) in the environment and in /etc/default/unified-agent.
# Prints one line for each thing that holds; ends with 1 at the first that does not.
set -u

home=/opt/aws/amazon-cloudwatch-agent
theirs=amazon-cloudwatch-agent.service
ours=unified-agent.service
log=/var/log/takeover-test.log
state=$home/logs/state/_var_log_takeover-test.log
checks=0
scratch=$(mktemp -d)

fail() { echo "not ok: $1" >&2; sed 's/^/  /' "$scratch/said" >&2; journalctl --no-pager -n 20 -u "$ours" >&2; exit 1; }
holds() { checks=$((checks + 1)); echo "ok $checks: $1"; }
# does CODE COMMAND...
does() { code=$1; shift; "$@" >"$scratch/said" 2>&1; got=$?; [ "$got" = "$code" ] || fail "$* exits with $got, not $code"; }
is() { [ "$(systemctl "is-$2" "$1")" = "$3" ] || fail "$1 is not $3"; }
tree() { find "$home" /etc/systemd/system /usr/bin/amazon-cloudwatch-agent-ctl -type f -exec sha256sum {} + 2>/dev/null | sort; }

[ ! -e "$home/bin/amazon-cloudwatch-agent" ] || { echo 'a CloudWatch agent is installed here: this is no machine to spoil' >&2; exit 1; }

# What its package and its life leave on a host.
mkdir -p "$home/bin" "$home/etc/amazon-cloudwatch-agent.d" "$home/logs/state"
printf '#!/bin/sh\nexec sleep infinity\n' >"$home/bin/start-amazon-cloudwatch-agent"
printf '#!/bin/sh\necho theirs\n' >"$home/bin/amazon-cloudwatch-agent-ctl"
chmod 755 "$home/bin/start-amazon-cloudwatch-agent" "$home/bin/amazon-cloudwatch-agent-ctl"
printf '[Service]\nExecStart=%s\nKillMode=process\nRestart=on-failure\nRestartSec=60s\n[Install]\nWantedBy=multi-user.target\n' "$home/bin/start-amazon-cloudwatch-agent" >"/etc/systemd/system/$theirs"
cat >"$home/etc/amazon-cloudwatch-agent.d/file_config.json" <<CONFIG
{ "agent": { "run_as_user": "cwagent" }, "logs": { "force_flush_interval": 1, "logs_collected": { "files": { "collect_list": [
  { "file_path": "$log", "log_group_name": "takeover", "log_stream_name": "test" } ] } } } }
CONFIG
i=0; while [ $i -lt 1000 ]; do echo "line $i"; i=$((i + 1)); done >"$log"
chown root:adm "$log"; chmod 640 "$log"
sent=$(head -n 600 "$log" | wc -c)
printf '%s\n%s\n0-%s' "$sent" "$log" "$sent" >"$state"
systemctl daemon-reload
systemctl enable --quiet --now "$theirs"

tree >"$scratch/before"
does 0 agent takeover --dry-run
grep -q 'takeover-test.log: goes on at byte' "$scratch/said" || fail 'the dry run names no position'
tree | cmp -s - "$scratch/before" || fail 'the dry run changed something'
is "$theirs" active active
holds 'a dry run says where each file goes on, and changes nothing'

does 0 agent takeover
is "$theirs" active inactive
is "$theirs" enabled disabled
is "$ours" active active
is "$ours" enabled enabled
holds 'takeover puts one service in the place of the other'

does 0 agent status --json
grep -q '"deliveredEvents": 400' "$scratch/said" || fail 'not the 400 lines behind the position were delivered'
holds 'the first byte that is sent is the one behind the position, and all behind it is sent'

systemctl start "$theirs"
is "$theirs" active inactive
holds 'the other unit does not start meanwhile'
does 0 "$home/bin/amazon-cloudwatch-agent-ctl" -a status
grep -q '"status": "running"' "$scratch/said" || fail 'ctl does not see the agent'
holds 'amazon-cloudwatch-agent-ctl controls the agent that runs'

for action in prep-restart stop cond-restart preun; do does 0 "$home/bin/amazon-cloudwatch-agent-ctl" -a $action; done
is "$ours" active active
is "$ours" enabled enabled
holds 'an upgrade and a removal of the other package end nothing'

for line in 1 2 3; do echo "later $line" >>"$log"; done
sleep 3
does 0 agent takeover --back
is "$theirs" active active
is "$theirs" enabled enabled
is "$ours" active inactive
is "$ours" enabled disabled
size=$(wc -c <"$log")
[ "$(cat "$state")" = "$(printf '%s\n%s\n0-%s' "$size" "$log" "$size")" ] || fail "the state file is $(cat "$state")"
holds 'back, the other agent goes on at the byte where this one ended'
tree | grep -v "$state" >"$scratch/after"
grep -v "$state" "$scratch/before" | cmp -s - "$scratch/after" || { diff "$scratch/before" "$scratch/after" >"$scratch/said"; fail 'something is left behind'; }
holds 'nothing else is left behind or missing'

systemctl disable --quiet --now "$theirs"
rm -rf "$home" "/etc/systemd/system/$theirs" "$log" "$scratch"
systemctl daemon-reload
echo "$checks of $checks hold"
