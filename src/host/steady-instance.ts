import { askInstance } from './instance.ts';
import type { Instance } from './instance.ts';

/** As `askInstance`, with its own patience. */
export type AskInstance = (...asked: Parameters<typeof askInstance>) => Promise<Instance | null>;

/**
 * Asks the instance metadata service, and answers from what it said before while it is silent: who a machine is does not change
 * while it runs, and a config that is read again at such a moment must not rename its streams.
 */
export function steadyInstance(ask: AskInstance = askInstance): AskInstance {
  let known: Instance | null = null;
  return async (...asked) => {
    const now = await ask(...asked);
    if (now === null || known === null) return (known = now ?? known);
    // Tags that were shown once can be missing for the moment too.
    const tags = now.tagsShown ? now.tags : known.tags;
    return (known = { ...now, hostname: now.hostname ?? known.hostname, tags, tagsShown: now.tagsShown || known.tagsShown });
  };
}
