import type { Wake } from '../files/wake.ts';
import type { Flush } from '../framing/framer.ts';
import type { Lifetime } from '../lifecycle/lifetime.ts';
import type { Generation } from './generation.ts';
import type { Outlet } from './outlet.ts';

/** A follower that never has to wait gives the others a turn after this time. */
const TURN_MS = 10;
/** A file that cannot be read is tried again this often. */
const UNREADABLE_MS = 5_000;
/** What waits for an earlier file asks again this often. */
const WAITING_MS = 50;

export interface FollowContext {
  readonly wake: Wake;
  readonly multilineMs: number;
  readonly partialMs: number;
  readonly now: () => number;
  /** Everything that exists is to be sent now: held messages are not waited for. */
  readonly hurry: () => boolean;
  /** When the file must be looked at again although nothing happens to it, or null. */
  readonly deadline: (generation: Generation) => number | null;
  /** Decides after each quiet moment what became of the file: `again` to read once more at once, `end` when it is over. */
  readonly look: (generation: Generation) => 'follow' | 'again' | 'end';
  readonly truncated: (generation: Generation) => void;
  readonly unreadable: (generation: Generation) => 'follow' | 'end';
}

/**
 * Follows one generation until it has ended or the agent stops. Back-pressure is the one `await` on the outlet's room;
 * waiting for growth is the one on Wake. Between two turns nothing is half done: it can be begun anew at any time. Gives
 * false when that was done meanwhile.
 */
export async function follow(g: Generation, c: FollowContext, life: Lifetime): Promise<boolean> {
  const run = g.beat.begin();
  const isLatest = await turns(g, c, life, run);
  g.beat.end(run);
  return isLatest;
}

/** It has bytes to read, or was about to look; nothing is held or in backoff where they go, and there is memory for them: its next turn is due. */
export function owesTurn(g: Generation): boolean {
  return g.beat.isRunning && !g.truncated && !g.released && g.file.fault === null && (g.waitsForRoom || g.unread > g.pending) && isIdle(g.outlet);
}

/** Nothing is held or in backoff there, and there is memory: it takes what comes. */
export function isIdle(outlet: Outlet): boolean {
  for (const lane of outlet.lanes) if (!lane.empty || !lane.hasRoom) return false;
  using room = outlet.tryRoom();
  return room !== null;
}

async function turns(g: Generation, c: FollowContext, life: Lifetime, run: number): Promise<boolean> {
  let turnEnds = c.now() + TURN_MS;
  let flush: Flush = 'none';
  // A file without a name cannot be read again at the next start: what it holds is finished first.
  while (!life.stop.aborted || (g.isLastChance && !life.abandon.aborted)) {
    if (!g.beat.turn(run)) return false;
    const stopping = life.stop.aborted;
    const room = g.outlet.tryRoom();
    if (room === null) {
      g.waitsForRoom = true;
      await g.outlet.roomChange(stopping ? life.abandon : life.stop);
      continue;
    }
    g.waitsForRoom = false;
    const step = g.step(flush);
    room[Symbol.dispose]();
    if (flush !== 'none') { g.flushed(flush); flush = 'none'; }
    switch (step) {
      case 'more':
        if (c.now() >= turnEnds) { await turn(); turnEnds = c.now() + TURN_MS; }
        continue;
      case 'truncated':
        c.truncated(g);
        return true;
      case 'unreadable':
        if (stopping || c.unreadable(g) === 'end') return true;
        await c.wake.wait(g.file, c.now() + UNREADABLE_MS);
        continue;
      case 'waiting':
        // What is in no other place is sent at a stop even if its turn has not come.
        if (stopping) g.predecessor = null;
        else await c.wake.wait(g.file, c.now() + WAITING_MS);
        continue;
      case 'caught-up': break;
      default: step satisfies never;
    }
    const verdict = stopping ? 'end' : c.look(g);
    if (verdict === 'again') continue;
    if (verdict === 'end') {
      // Nothing can follow: what is held is the last message, whether it has a newline or not.
      if (g.pending > 0 && g.step('end') === 'more') continue;
      return true;
    }
    const next = g.nextFlush(c.multilineMs, c.partialMs);
    if (next !== null && (c.hurry() || c.now() >= next.at)) { flush = c.hurry() ? 'end' : next.flush; continue; }
    const deadline = c.deadline(g);
    const until = next === null ? deadline : deadline === null ? next.at : Math.min(next.at, deadline);
    await c.wake.wait(g.file, until);
    if (g.released) return true;
    turnEnds = c.now() + TURN_MS;
  }
  return true;
}

function turn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
