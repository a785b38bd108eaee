// What writes in the container: numbered lines into files that logrotate rotates, and into the journal. Each says how many it wrote.
import type { Container } from './container.ts';

/** Lines a second of each writer. */
export const LINES_PER_S = 200;

const FILE_WRITER = `
import os, signal, sys, time
path, rate, counter = sys.argv[1], int(sys.argv[2]), sys.argv[3]
state = {"reopen": False, "stop": False}
signal.signal(signal.SIGHUP, lambda *_: state.update(reopen=True))
signal.signal(signal.SIGTERM, lambda *_: state.update(stop=True))
written = 0
log = open(path, "ab", 0)
while not state["stop"]:
    for _ in range(rate // 20):
        log.write(b"line %09d of %s\\n" % (written, path.encode()))
        written += 1
    if state["reopen"]:
        state["reopen"] = False
        log = open(path, "ab", 0)
    time.sleep(0.05)
with open(counter, "w") as out:
    out.write(str(written))
`;

const JOURNAL_WRITER = `
import signal, sys, time
rate, counter = int(sys.argv[1]), sys.argv[2]
state = {"stop": False}
signal.signal(signal.SIGTERM, lambda *_: state.update(stop=True))
written = 0
while not state["stop"]:
    for _ in range(rate // 20):
        print("entry %09d of the journal" % written, flush=True)
        written += 1
    time.sleep(0.05)
with open(counter, "w") as out:
    out.write(str(written))
`;

/** A log the scenario follows: how it is rotated, and where it goes. */
export interface WrittenLog { readonly name: string; readonly path: string; readonly rotation: string }

export const LOGS: readonly WrittenLog[] = [
  { name: 'created', path: '/var/log/app/created.log', rotation: 'create 0640 root adm' },
  { name: 'dated', path: '/var/log/app/dated.log', rotation: 'create 0640 root adm\n  dateext\n  dateformat -%Y%m%d-%s\n  compress\n  delaycompress' },
];
export const JOURNAL_UNIT = 'journal-writer.service';

const FOLDER = '/srv/writers';
const unitOf = (name: string): string => `${name}-writer.service`;
const counterOf = (name: string): string => `${FOLDER}/${name}.count`;

const service = (command: string): string => `[Service]\nExecStart=${command}\n# The journal would say no more than 10,000 entries in 30 s of it.\nLogRateLimitIntervalSec=0\n`;

/** Starts all writers. */
export async function startWriters(container: Container): Promise<void> {
  await container.write(`${FOLDER}/file.py`, FILE_WRITER);
  await container.write(`${FOLDER}/journal.py`, JOURNAL_WRITER);
  await container.must(['sh', '-c', 'mkdir -p /var/log/app && chown root:adm /var/log/app && chmod 0750 /var/log/app']);
  for (const { name, path, rotation } of LOGS) {
    await container.must(['sh', '-c', 'umask 027; : > "$1" && chown root:adm "$1" && chmod 0640 "$1"', 'sh', path]);
    await container.write(`/etc/systemd/system/${unitOf(name)}`, service(`/usr/bin/python3 ${FOLDER}/file.py ${path} ${LINES_PER_S} ${counterOf(name)}`));
    await container.write(`/etc/logrotate.d/${name}`, `${path} {\n  size 1\n  rotate 1000\n  missingok\n  ${rotation}\n  postrotate\n    systemctl kill --signal=HUP --kill-whom=main ${unitOf(name)}\n  endscript\n}\n`);
  }
  await container.write(`/etc/systemd/system/${JOURNAL_UNIT}`, service(`/usr/bin/python3 ${FOLDER}/journal.py ${LINES_PER_S} ${counterOf('journal')}`));
  await container.must(['systemctl', 'daemon-reload']);
  await container.must(['systemctl', 'start', ...LOGS.map(({ name }) => unitOf(name)), JOURNAL_UNIT]);
}

/**
 * The distribution's own timer of logrotate, four times a minute. Once the agent has seen the logs: what was rotated before its first start is
 * nothing it follows, as `follow` is by default.
 */
export async function startRotation(container: Container): Promise<void> {
  await container.write('/etc/systemd/system/logrotate.timer.d/often.conf', '[Timer]\nOnCalendar=\nOnCalendar=*:*:0/15\nAccuracySec=100ms\nRandomizedDelaySec=0\nPersistent=false\n');
  await container.must(['systemctl', 'daemon-reload']);
  await container.must(['systemctl', 'restart', 'logrotate.timer']);
}

/** Ends the writers. How many lines each wrote, by name; `journal` is that of the journal. */
export async function stopWriters(container: Container): Promise<ReadonlyMap<string, number>> {
  await container.must(['systemctl', 'stop', ...LOGS.map(({ name }) => unitOf(name)), JOURNAL_UNIT]);
  const counts = new Map<string, number>();
  for (const name of [...LOGS.map((log) => log.name), 'journal']) counts.set(name, Number(await container.must(['cat', counterOf(name)])));
  return counts;
}
