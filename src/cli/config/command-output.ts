/** Where a command writes. */
export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` takes colours. */
  readonly colour: boolean;
}

export const processOutput = (): CommandOutput => ({ out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text), colour: process.stderr.isTTY });
