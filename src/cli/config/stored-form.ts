import { packed } from '../../config/packed.ts';
import { MAX_PARTS, partNames } from '../../config/parts.ts';
import { splitDocument } from '../../config/split.ts';
import type { Source } from '../../config/source.ts';

/** What a value may have of UTF-8 bytes, by the tier of its parameter: the service's own limits. */
export const TIER_BYTES = { standard: 4096, advanced: 8192 } as const;

export type TierChoice = 'auto' | 'standard' | 'advanced';

/** A parameter to be written. */
export interface Write {
  readonly name: string;
  readonly value: string;
  readonly bytes: number;
}

export interface FormChoice {
  readonly gzip: boolean;
  readonly tier: TierChoice;
}

/** Where a config is pushed to. */
export type Target = Extract<Source, { kind: 'parameter' | 'parameters' }>;

const bytes = (count: number): string => `${count.toLocaleString('en-US')} bytes`;
const write = (name: string, value: string): Write => ({ name, value, bytes: Buffer.byteLength(value) });

/** A document (plain JSON values) as the parameters that hold it: one, or the parts below a path. In `fault` why it does not fit, and what would. */
export function storedForm(document: unknown, target: Target, { gzip, tier }: FormChoice): readonly Write[] | { readonly fault: string } {
  const writes = target.kind === 'parameter' ? oneParameter(document, target.reference, gzip, tier) : severalParameters(document, target.path, tier);
  if ('fault' in writes) return writes;
  const templated = writes.find(({ value }) => value.includes('{{'));
  return templated === undefined ? writes : { fault: `the config contains {{, which Parameter Store takes for a reference and refuses: push it with --gzip to a name` };
}

function oneParameter(document: unknown, name: string, gzip: boolean, tier: TierChoice): readonly Write[] | { readonly fault: string } {
  const plain = write(name, JSON.stringify(document));
  const zipped = write(name, packed(plain.value));
  const chosen = gzip ? zipped : plain;
  const most = TIER_BYTES[tier === 'standard' ? 'standard' : 'advanced'];
  if (chosen.bytes <= most) return [chosen];
  const ways = [
    ...(tier === 'standard' && chosen.bytes <= TIER_BYTES.advanced ? ['--tier advanced, which AWS charges for'] : []),
    ...(!gzip && zipped.bytes <= most ? [`--gzip, which makes it ${bytes(zipped.bytes)}`] : []),
    `a path, as in ssm:/${name.replaceAll(/^\/+|\/+$/g, '')}/, for several parameters`,
  ];
  return { fault: `the config has ${bytes(chosen.bytes)}${gzip ? ' packed' : ''}, and a parameter of the ${tier === 'standard' ? 'standard' : 'advanced'} tier holds ${bytes(most)}: use ${ways.join(', or ')}` };
}

function severalParameters(document: unknown, path: string, tier: TierChoice): readonly Write[] | { readonly fault: string } {
  const most = TIER_BYTES[tier === 'standard' ? 'standard' : 'advanced'];
  const values = splitDocument(document, { usual: TIER_BYTES[tier === 'advanced' ? 'advanced' : 'standard'], most });
  if ('pointer' in values) {
    return { fault: `${values.pointer} has ${bytes(values.bytes)}, cannot be divided, and a parameter of the ${tier === 'standard' ? 'standard' : 'advanced'} tier holds ${bytes(most)}: push the config with --gzip to a name` };
  }
  if (values.length > MAX_PARTS) return { fault: `the config makes ${values.length} parameters, and ${MAX_PARTS} are the most: ${tier === 'advanced' ? '' : 'use --tier advanced, or '}keep it in files` };
  const names = partNames(path, values);
  return values.map((value, index) => write(names[index]!, value));
}
