import { dropInCommand } from '../../report/unit-drop-in.ts';
import { FailedRun, HostProgram } from './host-program.ts';
import { xmlTexts } from './xml-texts.ts';
import type { FieldKind, Reading, Sampler } from '../sampler.ts';

const PROGRAM = '/usr/bin/nvidia-smi';
/** A driver in trouble lets it wait for ever. */
const PATIENCE_MS = 10_000;
const GPU = 'nvidia_smi_log/gpu';

/** Where in the element of a GPU a field stands; the first that holds a number counts: drivers since 530 have renamed the readings of power. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  utilization_gpu: ['utilization/gpu_util'],
  utilization_memory: ['utilization/memory_util'],
  temperature_gpu: ['temperature/gpu_temp'],
  power_draw: ['gpu_power_readings/power_draw', 'gpu_power_readings/instant_power_draw', 'gpu_power_readings/average_power_draw', 'power_readings/power_draw'],
  fan_speed: ['fan_speed'],
  memory_total: ['fb_memory_usage/total'],
  memory_used: ['fb_memory_usage/used'],
  memory_free: ['fb_memory_usage/free'],
  pcie_link_gen_current: ['pci/pci_gpu_link_info/pcie_gen/current_link_gen'],
  pcie_link_width_current: ['pci/pci_gpu_link_info/link_widths/current_link_width'],
  encoder_stats_session_count: ['encoder_stats/session_count'],
  encoder_stats_average_fps: ['encoder_stats/average_fps'],
  encoder_stats_average_latency: ['encoder_stats/average_latency'],
  clocks_current_graphics: ['clocks/graphics_clock'],
  clocks_current_sm: ['clocks/sm_clock'],
  clocks_current_memory: ['clocks/mem_clock'],
  clocks_current_video: ['clocks/video_clock'],
};
/** Like the CloudWatch agent, all without a unit, though memory is MiB, power watts, clocks MHz. */
const FIELDS: Readonly<Record<string, FieldKind>> = Object.fromEntries(Object.keys(PATHS).map((field) => [field, { unit: 'None' }]));

/**
 * GPUs of NVIDIA: what `nvidia-smi -q -x` says. The fields are published as `nvidia_smi_<field>`. What a GPU does not know (`N/A`) is missing.
 * @param program another one, in tests
 */
export function createNvidiaGpuSampler({ program = PROGRAM }: { readonly program?: string } = {}): Sampler {
  const smi = new HostProgram({ paths: [program], patienceMs: PATIENCE_MS, remedy: 'install the driver of NVIDIA, or take the section nvidia_gpu out of the config' });
  return {
    fields: FIELDS,
    async sample() {
      const text = await smi.run(['-q', '-x']).catch((error: unknown) => { throw hidden(error); });
      if (!text.includes('<nvidia_smi_log')) throw new Error(`${program} -q -x has not printed what it should: no element nvidia_smi_log`);
      return parseGpus(text);
    },
    [Symbol.dispose]() { smi[Symbol.dispose](); },
  };
}

/** The service sees no cards by itself: nvidia-smi then fails like one without any. */
const hidden = (error: unknown): unknown => (error instanceof FailedRun ? new Error(`${error.message}. Where it works by hand, the service does not see the cards. Next step: ${dropInCommand('gpu.conf')}`, { cause: error }) : error);

/** The GPUs in an answer of nvidia-smi. Pure, never throws. */
export function parseGpus(text: string): readonly Reading[] {
  const gpus: Map<string, string>[] = [];
  for (const { path, text: value } of xmlTexts(text, GPU)) {
    if (path === GPU) {
      gpus.push(new Map());
    } else if (path.startsWith(`${GPU}/`)) {
      gpus.at(-1)?.set(path.slice(GPU.length + 1), value);
    }
  }
  return gpus.map((texts, index) => ({
    dimensions: [['arch', texts.get('product_architecture') ?? ''] as const, ['index', String(index)] as const, ['name', texts.get('product_name') ?? ''] as const].filter(([, value]) => value !== '' && value !== 'N/A'),
    values: valuesOf(texts),
  }));
}

function valuesOf(texts: ReadonlyMap<string, string>): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [field, paths] of Object.entries(PATHS)) {
    const number = paths.map((path) => numberOf(texts.get(path))).find((value) => value !== null);
    if (number !== undefined && number !== null) values[field] = number;
  }
  return values;
}

/** Of `45 %`, `16160 MiB`, `16x`; null for `N/A` and all else. */
function numberOf(text: string | undefined): number | null {
  const found = /^(-?\d+(?:\.\d+)?)(?:x$| |$)/.exec(text ?? '');
  return found === null ? null : Number(found[1]);
}
