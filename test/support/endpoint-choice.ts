// Which endpoint the integration tests deliver to. Without TEST_ENDPOINT it is the local endpoint, which can be told to
// fail and shows all it saw; with TEST_ENDPOINT=moto it is moto's server, which shares no code with us.

const CHOSEN = process.env['TEST_ENDPOINT'] ?? 'local';
if (CHOSEN !== 'local' && CHOSEN !== 'moto') throw new Error(`TEST_ENDPOINT is ${JSON.stringify(CHOSEN)}: set it to "moto", or leave it out for the local endpoint`);

export const onMoto = CHOSEN === 'moto';

/** Why a test cannot be made of moto: what moto does otherwise than AWS, or does not show. */
export const MOTO_LACKS = {
  faults: 'injects a fault: moto answers each request at once and rightly, where AWS also throttles, fails, delays, disconnects and denies',
  requests: 'looks at single requests: moto shows what a stream holds, not which requests brought it, how large they were or when they came',
} as const;

/**
 * The options of a test that needs the local endpoint: `test(title, localOnly('faults'), …)`. With moto it is skipped,
 * and the reason is in the list of what was left out. A reason of its own names moto's difference from AWS.
 */
export function localOnly(reason: keyof typeof MOTO_LACKS | `moto ${string}`): { readonly skip?: string } {
  if (!onMoto) return {};
  return { skip: reason === 'faults' || reason === 'requests' ? MOTO_LACKS[reason] : reason };
}
