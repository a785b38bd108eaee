import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { addressText } from '../../metrics-plan.ts';
import type { ListenAddress } from '../../metrics-plan.ts';
import type { Report } from '../../report/report.ts';

export type NetAddress = Extract<ListenAddress, { protocol: 'udp' | 'tcp' }>;

/** A socket that is bound. */
export interface Opened extends AsyncDisposable {
  /** Resolves when it is of no use any more; never rejects. */
  readonly failed: Promise<Error>;
}

/** The first wait is short: the agent's own listener of the plan before may be about to close. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;
/** Packets that come while the listener closes are taken for so long. */
const LAST_TURNS_MS = 1_000;
/** Turns of the event loop without anything: what the kernel held was taken. */
const QUIET_TURNS = 2;

/** The address of a name; of IPv4, if it has one, as in the CloudWatch agent. */
export async function resolved(host: string): Promise<string> {
  return isIP(host) > 0 ? host : (await lookup(host, { order: 'ipv4first' })).address;
}

function cause(error: NodeJS.ErrnoException, address: ListenAddress): string {
  switch (error.code) {
    case 'EADDRINUSE': return `another program listens there (\`ss -${address.protocol === 'udp' ? 'u' : address.protocol === 'tcp' ? 't' : 'x'}lpn\` shows which)`;
    case 'EADDRNOTAVAIL': return 'this host has no such address';
    case 'EACCES': return 'the agent\'s user may not listen there';
    case undefined: default: return error.message;
  }
}

/** Keeps an address open until `stop`: what fails is said and tried again, and never ends anything else. @param who listens, for what is said */
export async function keepListening(address: ListenAddress, open: () => Promise<Opened>, report: Pick<Report, 'note' | 'trouble' | 'recovered'>, stop: AbortSignal, who: string): Promise<void> {
  const name = addressText(address);
  const subject = `${who} ${name}`;
  let [waitMs, failures] = [FIRST_WAIT_MS, 0];
  while (!stop.aborted) {
    let failure: NodeJS.ErrnoException | null;
    try {
      await using opened = await open();
      if (failures === 0) report.note(`${who}: listens at ${name}`);
      else report.recovered(subject, `${who}: listens at ${name} now`);
      waitMs = FIRST_WAIT_MS;
      failure = await Promise.race([opened.failed, aborted(stop)]);
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    if (failure === null) return;
    failures++;
    report.trouble(subject, `${who}: ${name} cannot be listened at: ${cause(failure, address)}. What is sent there does not come in; it is tried again every ${LONGEST_WAIT_MS / 1_000} s. \`service_address\` in the config gives another address`);
    await sleep(waitMs, undefined, { signal: stop }).catch(() => {});
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

/** Lets what the kernel holds of a socket come in before it is closed. @param taken grows with whatever comes in */
export async function comeIn(taken: () => number): Promise<void> {
  const end = performance.now() + LAST_TURNS_MS;
  let known = taken();
  for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < end; quiet++) {
    await turn();
    if (taken() !== known) quiet = -1;
    known = taken();
  }
}
