/** Rounds without a delivery after which memory is given back. */
const QUIET_ROUNDS = 3;
/** Message bytes that leave something behind worth giving back: a collection costs as much CPU as delivering ten times as many. */
const BURST_BYTES = 4 << 20;

/** Knows when the agent comes to rest after a burst of deliveries. */
export class Rest {
  #deliveredBytes = -1;
  /** Delivered when it last came to rest; the start itself is a burst. */
  #restedBytes = -BURST_BYTES;
  #quietRounds = 0;

  /** True once after each burst, when nothing was delivered for some rounds. @param deliveredBytes of messages, so far. */
  isReached(deliveredBytes: number, holdsNothing: () => boolean): boolean {
    if (deliveredBytes !== this.#deliveredBytes) {
      this.#deliveredBytes = deliveredBytes;
      this.#quietRounds = 0;
      return false;
    }
    if (++this.#quietRounds < QUIET_ROUNDS || deliveredBytes - this.#restedBytes < BURST_BYTES || !holdsNothing()) return false;
    this.#restedBytes = deliveredBytes;
    return true;
  }
}
