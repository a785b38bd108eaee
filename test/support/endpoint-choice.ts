// Which endpoint the integration tests deliver to. Without TEST_ENDPOINT it is the local endpoint, which can be told to
// fail and shows all it saw; with TEST_ENDPOINT=moto it is moto's server, which shares no code with us.

const CHOSEN = process.env['TEST_ENDPOINT'] ?? 'local';
if (CHOSEN !== 'local' && CHOSEN !== 'moto') throw new Error(`TEST_ENDPOINT is ${JSON.stringify(CHOSEN)}: set it to "moto", or leave it out for the local endpoint`);

export const onMoto = CHOSEN === 'moto';

const FAULTS = 'injects a fault: moto takes every request it understands, where AWS also throttles, fails, denies and refuses, or loses the answer';

/**
 * The options of a test that needs the local endpoint: `test(title, localOnly('faults'), …)`. With moto it is skipped,
 * and the reason is in the list of what was left out. A reason other than `faults` names moto's difference from AWS.
 */
export function localOnly(reason: 'faults' | `moto ${string}`): { readonly skip?: string } {
  if (!onMoto) return {};
  return { skip: reason === 'faults' ? FAULTS : reason };
}
