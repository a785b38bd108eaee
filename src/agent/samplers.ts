import type { KernelFolders, Sampler, SamplerReport } from '../metrics/sampler.ts';
import { createConntrackSampler } from '../metrics/samplers/conntrack.ts';
import { createCpuSampler } from '../metrics/samplers/cpu.ts';
import { createDiskSampler } from '../metrics/samplers/disk.ts';
import { createDiskioSampler } from '../metrics/samplers/diskio.ts';
import type { DeviceFolders } from '../metrics/samplers/diskio.ts';
import { createEthtoolSampler } from '../metrics/samplers/ethtool.ts';
import { createFileDescriptorsSampler } from '../metrics/samplers/file-descriptors.ts';
import { createLoadSampler } from '../metrics/samplers/load.ts';
import { createMemSampler } from '../metrics/samplers/mem.ts';
import { createNetSampler } from '../metrics/samplers/net.ts';
import { createNetstatSampler } from '../metrics/samplers/netstat.ts';
import { createNvmeSampler } from '../metrics/samplers/nvme.ts';
import { createNvidiaGpuSampler } from '../metrics/samplers/nvidia-gpu.ts';
import { createPressureSampler } from '../metrics/samplers/pressure.ts';
import { ProcessTable } from '../metrics/samplers/process-table.ts';
import { createProcessesSampler } from '../metrics/samplers/processes.ts';
import { createProcstatSampler } from '../metrics/samplers/procstat.ts';
import { createSwapSampler } from '../metrics/samplers/swap.ts';
import { createSystemdUnitsSampler } from '../metrics/samplers/systemd-units.ts';
import { createUptimeSampler } from '../metrics/samplers/uptime.ts';
import { openLogPageThread } from '../metrics/nvme/log-page-thread.ts';
import { openStatfsThread } from '../metrics/statfs-thread.ts';
import { PathThreads } from '../metrics/path-threads.ts';
import type { AttachedVolumes } from '../metrics/volume-of-device.ts';
import type { ProcessSelector, SamplerPlan } from '../metrics-plan.ts';

export interface SamplersOptions {
  readonly report: SamplerReport;
  /** What EC2 knows of devices that do not say their volume. */
  readonly attached: AttachedVolumes;
  readonly folders: KernelFolders;
  /** Where devices and what udev knows of them are found. */
  readonly deviceFolders: DeviceFolders;
  /** HOST_MOUNT_PREFIX: where the host's file systems are in this container; empty: here. */
  readonly mountPrefix: string;
}

/** What the CloudWatch agent, too, is told by its environment in a container, where the host's folders are mounted elsewhere. */
export function hostFolders(env: Readonly<Record<string, string | undefined>>): Omit<SamplersOptions, 'report' | 'attached'> {
  const folder = (name: string, usual: string): string => env[name] || usual;
  return {
    folders: { proc: folder('HOST_PROC', '/proc'), sys: folder('HOST_SYS', '/sys') },
    deviceFolders: { dev: folder('HOST_DEV', '/dev'), run: folder('HOST_RUN', '/run') },
    mountPrefix: folder('HOST_MOUNT_PREFIX', ''),
  };
}

/** Makes the samplers of a run; those that look through all processes share one look. */
export class Samplers {
  readonly #o: SamplersOptions;
  readonly #statfsThreads = new PathThreads(openStatfsThread);
  readonly #logPageThreads = new PathThreads(openLogPageThread);
  #table: ProcessTable | null = null;

  constructor(options: SamplersOptions) { this.#o = options; }

  /** Threads that the kernel holds in a call now. When all samples are over, it is to a file system or a device that hangs. */
  get hangingThreads(): number { return this.#statfsThreads.busy + this.#logPageThreads.busy; }

  create(plan: Exclude<SamplerPlan, { readonly kind: 'agent' }>): Sampler {
    const { report, attached, folders, deviceFolders, mountPrefix } = this.#o;
    switch (plan.kind) {
      case 'cpu': return createCpuSampler(plan, folders);
      case 'mem': return createMemSampler(folders);
      case 'swap': return createSwapSampler(folders);
      case 'disk': return createDiskSampler(plan, folders, { report, attached, threads: this.#statfsThreads, mountPrefix, dev: deviceFolders.dev });
      case 'diskio': return createDiskioSampler(plan, folders, deviceFolders);
      case 'nvme': return createNvmeSampler(plan, folders, deviceFolders, { report, threads: this.#logPageThreads });
      case 'net': return createNetSampler(plan, folders);
      case 'netstat': return createNetstatSampler(plan, folders);
      case 'processes': return createProcessesSampler(folders);
      case 'procstat': return createProcstatSampler(plan, { report, table: (this.#table ??= new ProcessTable(folders)), matches: matcherOf(plan.select) });
      case 'ethtool': return createEthtoolSampler(plan, folders, { report });
      case 'nvidia_gpu': return createNvidiaGpuSampler();
      case 'load': return createLoadSampler(folders);
      case 'uptime': return createUptimeSampler(folders);
      case 'pressure': return createPressureSampler(folders);
      case 'conntrack': return createConntrackSampler(folders);
      case 'file_descriptors': return createFileDescriptorsSampler(folders);
      case 'systemd_units': return createSystemdUnitsSampler(plan, { report });
      default: return plan satisfies never;
    }
  }
}

/** Whether the selector's pattern occurs in a text. */
function matcherOf(select: ProcessSelector): (text: string) => boolean {
  if (select.by === 'pid_file') return () => false;
  const { js, flags } = select.pattern;
  const pattern = new RegExp(js, flags.replace(/[gy]/g, ''));
  return (text) => pattern.test(text);
}
