/** The beat of something that runs in turns, and may be begun anew while the run before it stands still. */
export class Beat {
  #turns = 0;
  #run = 0;
  #running = false;

  /** Turns of all runs. */
  get turns(): number { return this.#turns; }
  get isRunning(): boolean { return this.#running; }

  /** A run begins; one that still stands is not the latest any more. */
  begin(): number {
    this.#running = true;
    return ++this.#run;
  }

  /** Counts a turn of this run. False when a later one has begun: then it is to end, and do nothing more. */
  turn(run: number): boolean {
    if (run !== this.#run) return false;
    this.#turns++;
    return true;
  }

  end(run: number): void { if (run === this.#run) this.#running = false; }
}
