/**
 * What of the disk can be looked at without waiting for someone who may never answer: the server or the process behind a mount.
 * Whatever is out of reach is passed over, and is neither gone nor changed. Only `answered` waits.
 */
export interface Reach {
  /** A look at the path, or through a link on its way, would lead to a mount that gives no answer, or has given none yet. */
  isOut(path: string): boolean;
  /** What is open on this device (st_dev) cannot be asked: its mount gives no answer, also if it was unmounted since. */
  isDeviceOut(device: number): boolean;
  /** The path, or a name in the folder that it leads to, leads to a mount that may hang some day. */
  mayHang(path: string): boolean;
  /** Waits, for a second at most, while mounts that were never asked before are asked. True: more is in reach now. */
  answered(): Promise<boolean>;
}

/** Nothing is known to hang. */
export const ALL_IN_REACH: Reach = { isOut: () => false, isDeviceOut: () => false, mayHang: () => false, answered: () => Promise.resolve(false) };
