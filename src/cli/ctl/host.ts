import type { Environment } from '../../config/placeholders.ts';
import type { CommandOutput } from '../config/command-output.ts';
import type { Places } from './places.ts';
import type { Unit } from './systemd.ts';

/** What the commands that stand in for the CloudWatch agent's work on. */
export interface DropInHost {
  readonly places: Places;
  readonly unit: Unit;
  readonly env: Environment;
  readonly stateDirectory: string;
  readonly output: CommandOutput;
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
