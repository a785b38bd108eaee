// The statistics that EC2's NVMe devices keep, as nvme-cli (`nvme amzn stats`) and the CloudWatch agent read them.

/** Counts of 64 bits in the order of the page. Times are microseconds by AWS's documentation. */
const COUNTS = [
  'total_read_ops', 'total_write_ops', 'total_read_bytes', 'total_write_bytes', 'total_read_time', 'total_write_time',
  // Time in which more was asked of the volume, or of the instance, than it is allowed.
  'volume_performance_exceeded_iops', 'volume_performance_exceeded_tp', 'ec2_instance_performance_exceeded_iops', 'ec2_instance_performance_exceeded_tp',
  // Now; all others count from the attachment on.
  'volume_queue_length',
] as const;

/** What a device counts. */
export type VolumeCounts = Readonly<Record<(typeof COUNTS)[number], number>>;

/** What a device is. */
export type VolumeKind = 'ebs' | 'instance_store';

const MAGIC: Readonly<Record<VolumeKind, number>> = { ebs: 0x3c23b510, instance_store: 0xec2c0d7e };
/** Behind the magic and four reserved bytes. */
const FIRST_COUNT = 8;
const COUNT_BYTES = 8;
/** Of the page what is decoded; behind it are histograms of latencies. */
export const COUNTED_BYTES = FIRST_COUNT + COUNTS.length * COUNT_BYTES;

/** The counts of a page, little-endian; null: it is no page of that kind of device. Above 2⁵³ they are rounded to a neighbour. */
export function decodeLogPage(page: Uint8Array, kind: VolumeKind): VolumeCounts | null {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (page.byteLength < COUNTED_BYTES || view.getUint32(0, true) !== MAGIC[kind]) return null;
  return Object.fromEntries(COUNTS.map((name, index) => [name, Number(view.getBigUint64(FIRST_COUNT + index * COUNT_BYTES, true))])) as VolumeCounts;
}

/** `_IOWR('N', 0x41, struct nvme_admin_cmd)` of linux/nvme_ioctl.h: to a controller. */
export const ADMIN_COMMAND = 0xc0484e41;
/** Where in the command the address of the page stands. */
export const ADDRESS_AT = 24;
/** The length of the page that both kinds of devices have. */
export const PAGE_BYTES = 4096;

const COMMAND_BYTES = 72;
const GET_LOG_PAGE = 0x02;
/** The page of the vendor; EBS volumes and instance stores have the same number and tell themselves by the magic. */
const LOG_ID = 0xd0;
const NAMESPACE = 1;

/**
 * `struct nvme_admin_cmd` that asks for the page; the address is still 0. It has no time limit of its own: the driver resets the whole
 * controller when a command exceeds its time, and the driver's own limit is the one that the volume's other users live with.
 */
export function logPageCommand(): Buffer {
  const command = Buffer.alloc(COMMAND_BYTES);
  command.writeUInt8(GET_LOG_PAGE, 0);
  command.writeUInt32LE(NAMESPACE, 4);
  command.writeUInt32LE(PAGE_BYTES, 36);
  // cdw10: the number of 32-bit words less one, and the page.
  command.writeUInt32LE(((PAGE_BYTES / 4 - 1) << 16) | LOG_ID, 40);
  return command;
}
