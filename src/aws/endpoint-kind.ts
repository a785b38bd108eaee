import type { Reach } from '../plan.ts';

/** Which of the SDK's endpoints are used. */
export interface EndpointKind {
  readonly useFipsEndpoint?: boolean;
  readonly useDualstackEndpoint?: boolean;
}

/** As the SDK's clients take it; what is left out is for the SDK to find. */
export function kindOfEndpoint({ fips, dualStack }: Pick<Reach, 'fips' | 'dualStack'>): EndpointKind {
  return { ...(fips === null ? {} : { useFipsEndpoint: fips }), ...(dualStack === null ? {} : { useDualstackEndpoint: dualStack }) };
}
