// The real logrotate, on a config and a state file of its own.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type RotationMode = 'create' | 'copytruncate' | 'dateext';

export interface RotatedLog {
  readonly path: string;
  /** Makes the writer open its log again. */
  readonly signal: 'USR1' | 'HUP';
  readonly pidFile: string;
}

const OPTIONS: Readonly<Record<RotationMode, string>> = {
  create: 'create 0644',
  copytruncate: 'copytruncate',
  // The epoch second keeps the names of one day apart.
  dateext: 'create 0644\n  compress\n  delaycompress\n  dateext\n  dateformat -%Y%m%d-%s',
};
/** More than a run ever makes: what is deleted cannot be compared. */
const KEPT = 1_000;
/**
 * Between the rename and the signal, while the writer goes on in the renamed file. With sharedscripts and many logs it is as
 * long as all of them take; it must be longer than the agent's looks (100 ms), or the agent never sees that time.
 */
const LATE_S = 0.3;

function block({ path, signal, pidFile }: RotatedLog, mode: RotationMode): string {
  const script = mode === 'copytruncate' ? '' : `\n  sharedscripts\n  postrotate\n    sleep ${LATE_S}\n    kill -${signal} "$(cat ${pidFile})"\n  endscript`;
  return `${path} {\n  rotate ${KEPT}\n  missingok\n  ${OPTIONS[mode]}${script}\n}\n`;
}

export class Logrotate {
  readonly #program: string;
  readonly #config: string;
  readonly #state: string;
  rotations = 0;

  constructor(program: string, folder: string, mode: RotationMode, logs: readonly RotatedLog[]) {
    this.#program = program;
    this.#config = join(folder, 'logrotate.conf');
    this.#state = join(folder, 'logrotate.state');
    // It refuses a config that others may write.
    writeFileSync(this.#config, logs.map((log) => block(log, mode)).join('\n'), { mode: 0o600 });
  }

  /** Rotates all logs now, whatever their age. Throws what logrotate said. */
  async rotate(): Promise<void> {
    await promisify(execFile)(this.#program, ['-s', this.#state, '-f', this.#config]);
    this.rotations++;
  }
}
