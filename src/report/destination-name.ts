import type { Destination } from '../flow.ts';

type Named = Pick<Destination, 'group' | 'stream' | 'service'>;

/** Group and stream, and the service where it is not the plan's own: two of them may have streams of the same name. */
export function destinationName({ group, stream, service }: Named): string {
  return `${group} ${stream}${aside(service.label)}`;
}

/** The same as part of a sentence. */
export function destinationText({ group, stream, service }: Named): string {
  return `log group ${group}, stream ${stream}${aside(service.label)}`;
}

const aside = (label: string | null): string => (label === null ? '' : ` (${label})`);
