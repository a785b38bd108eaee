#!/bin/sh
# What automation relies on of amazon-cloudwatch-agent-ctl, asked of whatever stands in its place: a black box.
#
#   ctl.sh [COMMAND]     by default /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl
#
# Run it as root on a machine that may lose its config: a booted systemd with the agent installed, or the stub of the tests.
# AWS_REGION (in the environment, and in the service's) where there is no instance metadata. PARAMETERS="NAME NAME": two
# configs in Parameter Store, for the actions of AmazonCloudWatch-ManageAgent; without it those are asked with files.
# PAUSE: seconds before each look at the status, where a unit that is started often is refused (StartLimitBurst=).
# Prints one line for each thing that holds; ends with 1 at the first that does not.
set -u

ctl=${1:-/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
checks=0

fail() {
  echo "not ok: $1" >&2
  for said in out err; do sed "s/^/  $said: /" "$scratch/$said" >&2; done
  exit 1
}

# run CODE FLAGS...: the command ends with this code.
run() {
  code=$1; shift
  # shellcheck disable=SC2086 # a command may be several words
  $ctl "$@" >"$scratch/out" 2>"$scratch/err"; got=$?
  [ "$got" = "$code" ] || fail "$* exits with $got, not $code"
  what=$*
}

# says TEXT: a line of standard output, as grep finds it.
says() { grep -q -- "$1" "$scratch/out" || fail "$what prints no '$1'"; }
complains() { grep -q -- "$1" "$scratch/err" || fail "$what says no '$1' on standard error"; }
holds() { checks=$((checks + 1)); echo "ok $checks: $1"; }

# value KEY: of the status, cut out with the means of a shell.
value() { sed -n "s/^  \"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$scratch/out"; }

# state RUNNING CONFIGURED TITLE
state() {
  [ -z "${PAUSE:-}" ] || sleep "$PAUSE"
  run 0 -a status
  [ "$(value status)" = "$1" ] || fail "$3: status is '$(value status)', not '$1'"
  [ "$(value configstatus)" = "$2" ] || fail "$3: configstatus is '$(value configstatus)', not '$2'"
  [ -n "$(value version)" ] || fail "$3: no version"
  if [ "$1" = running ]; then
    value starttime | grep -Eq '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00$' || fail "$3: starttime is '$(value starttime)'"
  else
    [ -z "$(value starttime)" ] || fail "$3: starttime of a stopped agent is '$(value starttime)'"
  fi
  holds "$3"
}

# The sequence a package is tested with: remove, stop, start, upgrade, append, fetch.
run 0 -a remove-config -c all
run 0 -a stop
state stopped 'not configured' 'removed and stopped: stopped, not configured'
run 0 -a start
says '^\*\{6\} processing amazon-cloudwatch-agent \*\{6\}$'
says 'not configured. Applying amazon-cloudwatch-agent default configuration.$'
state running configured 'a start without a config applies the default one'
run 0 -a remove-config -c default -s
says 'all amazon-cloudwatch-agent configurations have been removed'
state running configured 'the last config removed with a restart: the default one again'
run 0 -a prep-restart
run 0 -a stop
state stopped configured 'stopped within an upgrade: the config stays'
run 0 -a cond-restart
state running configured 'after an upgrade it runs as before'
run 0 -a append-config -c default -s
state running configured 'appended, and restarted'
run 0 -a remove-config -c all
state running 'not configured' 'removed without a restart: it runs on'
run 0 -a fetch-config -s
says '^Configuration validation succeeded$'
state running configured 'a fetch without a source fetches the default'
run 0 -a start
says 'amazon-cloudwatch-agent has already been started'
holds 'a start of what runs says so'
run 0 -a stop
run 0 -a stop
says 'amazon-cloudwatch-agent has already been stopped'
holds 'a stop of what is stopped says so'
run 0 -a prep-restart
run 0 -a cond-restart
state stopped configured 'what was stopped before an upgrade stays so'
run 0 -a remove-config -c all
state stopped 'not configured' 'all is removed'

# The actions of the document AmazonCloudWatch-ManageAgent, with its flags in its order.
config() { printf '{ "metrics": { "metrics_collected": { "%s": { "measurement": ["used_percent"] } } } }\n' "$1"; }
config mem >"$scratch/first.json"
config swap >"$scratch/second.json"
first=file:$scratch/first.json
second=file:$scratch/second.json
if [ -n "${PARAMETERS:-}" ]; then
  first=ssm:${PARAMETERS% *}
  second=ssm:${PARAMETERS#* }
fi
run 0 -a fetch-config -c "$first" -s -m ec2
says '^Configuration validation succeeded$'
state running configured "configure $first with a restart"
run 0 -a append-config -c "$second" -m ec2
says '^Configuration validation succeeded$'
state running configured "configure (append) $second without a restart"
run 0 -a remove-config -c "$second" -s -m onPremise
state running configured "configure (remove) $second: the other one stays"
run 1 -a remove-config -c "$second" -m onPremise
holds 'removing what is not there exits 1'
run 0 -a fetch-config -c default -s -m auto
state running configured 'configure default'
run 0 -a remove-config -c all -s -m ec2
state running configured 'configure (remove) all with a restart: the default one'
run 0 -a stop
state stopped configured 'stop'
run 0 -a start -m ec2
state running configured 'start'
run 0 -a status-with-workloads
says '^  "workloads": \[.*\]\{0,1\}$'
holds 'status-with-workloads has workloads'
if python3 -c 'import json' 2>/dev/null; then
  python3 -c 'import json, sys; json.load(sys.stdin)' <"$scratch/out" || fail 'the status is no JSON'
  holds 'the status is JSON'
fi

# Where compatibility ends on purpose: what is wrong changes nothing.
run 0 -a fetch-config -c "file:$scratch/first.json"
echo '{ "metrics": ' >"$scratch/broken.json"
run 1 -a fetch-config -c "file:$scratch/broken.json" -s
complains 'broken.json'
state running configured 'broken JSON exits 1, and the config before stays'
run 0 -a remove-config -c "file:$scratch/first.json"
holds 'which is still there'
run 0 -a fetch-config -c all
says 'ignore cwa configuration "all" as it is only supported by action "remove-config"'
holds 'fetching all is passed over'
run 1 -a fetch-config -c "file:$scratch/none.json"
holds 'a source that is not there exits 1'

# The command line.
run 0 -oa status
complains 'Invalid option: -o'
says '"status"'
holds 'an unknown flag is said and passed over'
run 1 -a
complains 'Option -a requires an argument'
run 1 -a nonsense
complains 'Invalid action: nonsense'
run 1 -m azure -a status
complains 'Invalid mode: azure'
run 0 -h
says 'usage: *amazon-cloudwatch-agent-ctl -a'
run 0 -a set-log-level -l DEBUG
says '^Set CWAGENT_LOG_LEVEL to DEBUG$'
run 1 -a set-log-level -l debug
complains 'Invalid log level: debug'
run 0 -a set-log-level -l INFO
run 0 -a set-env -e CTL_CONFORMANCE=1
says '^Set CTL_CONFORMANCE$'
run 1 -a set-env -e =1
holds 'flags, levels and variables'

run 0 -a remove-config -c all
run 0 -a stop
state stopped 'not configured' 'as at the beginning'
echo "$checks of $checks hold"
