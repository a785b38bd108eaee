import type { Environment } from '../../config/placeholders.ts';
import { DEFAULT_STATE_DIR } from '../../control/state-directory.ts';
import { processOutput, type CommandOutput } from '../config/command-output.ts';
import { placesBelow, type Places } from './places.ts';
import { OUR_UNIT } from '../own-unit.ts';
import { Unit } from './systemd.ts';

/** For tests: a folder that stands for `/`. */
const ROOT_VARIABLE = 'UNIFIED_AGENT_ROOT';
/** What these commands make is for the service's user too, whatever the umask of the script that calls them. */
const UMASK = 0o022;

/** What the commands that stand in for the CloudWatch agent's work on. */
export interface DropInHost {
  readonly places: Places;
  readonly unit: Unit;
  readonly env: Environment;
  readonly stateDirectory: string;
  readonly output: CommandOutput;
}

/** The machine this process runs on, as the process sees it. */
export function thisHost(): DropInHost {
  process.umask(UMASK);
  const root = process.env[ROOT_VARIABLE] ?? '';
  return { places: placesBelow(root), unit: new Unit(OUR_UNIT), env: process.env, stateDirectory: `${root}${DEFAULT_STATE_DIR}`, output: processOutput() };
}

/** A command fails: its message is for a person, and the exit code 1 as with the CloudWatch agent's ctl. */
export class CtlError extends Error {
  readonly code: number;
  constructor(message: string, code = 1) {
    super(message);
    this.name = 'CtlError';
    this.code = code;
  }
}
