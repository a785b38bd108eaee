import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Asks a person; true only for `y` or `yes`. Ctrl-C and the end of the input are a no. */
export async function confirmed(question: string, input: Readable, output: Writable): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const lines = createInterface({ input, output });
  let answered = false;
  lines.on('close', () => {
    // What follows begins a line of its own.
    if (!answered) output.write('\n');
    resolve(false);
  });
  lines.question(`${question} [y/N] `, (answer) => {
    answered = true;
    resolve(/^y(?:es)?$/i.test(answer.trim()));
    lines.close();
  });
  return promise;
}
