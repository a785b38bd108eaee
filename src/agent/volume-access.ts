import { listChosenVolumes } from '../metrics/samplers/nvme.ts';
import type { Plan } from '../plan.ts';
import { hostFolders } from './samplers.ts';

/** A volume whose own statistics a plan measures. */
export interface MeasuredVolume {
  /** As a person knows it: `EBS volume vol-0123`. */
  readonly name: string;
  /** What is opened to ask it. */
  readonly path: string;
}

/** The volumes of this host whose own statistics (`ebs_…`, `instance_store_…`) the plan measures; null: it measures none of these. */
export function measuredVolumes({ metrics }: Pick<Plan, 'metrics'>, env: Readonly<Record<string, string | undefined>>): readonly MeasuredVolume[] | null {
  const wanted = metrics?.samplers.filter((sampler) => sampler.kind === 'nvme') ?? [];
  if (wanted.length === 0) return null;
  const { folders, deviceFolders } = hostFolders(env);
  const volumes = wanted.flatMap((sampler) => listChosenVolumes(sampler, folders, deviceFolders));
  return [...new Map(volumes.map(({ name, path }) => [path, { name, path }])).values()];
}
