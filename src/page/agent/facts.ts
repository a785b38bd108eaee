import type { StatusDocument } from '../../control/status-document.ts';

export type { ConfigStatus, CountersStatus, DestinationStatus, EntryStatus, FileStatus, StatusDocument, TroubleStatus } from '../../control/status-document.ts';

/** What `agent ui` answers: the agent's status with its problems in words, or why nobody answers. */
export type Facts = { readonly status: StatusDocument; readonly problems: readonly string[]; readonly noAgent?: undefined } | { readonly noAgent: string };
