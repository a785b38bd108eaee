/** A field that a config for the CloudWatch agent may name and that is not collected. */
export interface NotCollected {
  readonly kind: 'diskio';
  /** The field, or all that begin so. */
  readonly prefix: string;
  /** For a message: why, and what to do instead. */
  readonly reason: string;
}

const NVME = 'it comes from a log page of the NVMe controller, which only an ioctl gives, and the runtime of this agent has none without native code';

export const NOT_COLLECTED: readonly NotCollected[] = [
  { kind: 'diskio', prefix: 'ebs_', reason: `${NVME}: CloudWatch publishes the same counts of each EBS volume by itself, in the namespace AWS/EBS` },
  { kind: 'diskio', prefix: 'instance_store_', reason: `${NVME}: "reads", "writes", "read_bytes", "write_bytes" and "io_time" of diskio count what this host does with the device` },
];
