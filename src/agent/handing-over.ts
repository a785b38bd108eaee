import type { Wake } from '../files/wake.ts';
import type { Generation, GenerationStart } from './generation.ts';

/** A file without its name, on its way from one pipeline of an entry to the next. */
export interface HandedOver {
  readonly file: Omit<GenerationStart, 'outlet'> & { readonly fd: number };
  readonly attachment: 'renamed' | 'deleted';
  /** Monotonic time at which it lost its name. */
  readonly since: number;
}

/**
 * Lets go of all generations of a pipeline that has ended; what a failing lane still holds of them stays there. Gives the files that cannot be found again at their names, open,
 * in the order they are to be read; whoever takes them closes them.
 */
export function handOver(lives: Iterable<Generation>, { wake, now }: { readonly wake: Wake; readonly now: () => number }): readonly HandedOver[] {
  const handedOver: HandedOver[] = [];
  for (const g of lives) {
    wake.forget(g.file);
    g.detach();
    const { path, id, handle, safe: mark, file } = g;
    const { attachment, base, unpacked, detachedAt } = file;
    const fd = g.isLastChance || (attachment !== 'attached' && !unpacked && !g.truncated) ? file.takeDescriptor() : null;
    if (fd === null) g.close();
    else handedOver.push({ file: { path, id, mark, handle, base, unpacked, fd }, attachment: attachment === 'renamed' ? 'renamed' : 'deleted', since: detachedAt ?? now() });
  }
  return handedOver;
}
