// Messages as the columns of an arena, the way the framer and the stamper leave them.
import type { Arena } from '../../src/kernel/arena.ts';

export interface Event { readonly message: string; readonly time: number }

/** Puts events [from, …) into the arena as far as they fit, newlines between them; gives the first that did not. */
export function layOut(arena: Arena, events: readonly Event[], from = 0): number {
  let at = arena.input;
  let i = from;
  arena.count = 0;
  for (; i < events.length && arena.count < arena.from.length; i++) {
    const { message, time } = events[i]!;
    if (at + Buffer.byteLength(message) + 1 > arena.input + arena.inputSize) break;
    arena.from[arena.count] = at;
    at += arena.bytes.write(message, at);
    arena.to[arena.count] = at;
    arena.bytes[at++] = 10;
    arena.end[arena.count] = at - arena.input;
    arena.time[arena.count] = time;
    arena.count++;
  }
  return i;
}

/** The events of an arena, decoded. */
export function eventsOf(arena: Arena): Event[] {
  return Array.from({ length: arena.count }, (_, i) => ({ message: arena.bytes.toString('utf8', arena.from[i], arena.to[i]), time: arena.time[i]! }));
}
