import type { ConfigStatus } from '../../src/control/status-document.ts';

/** Of an agent whose plan comes from a test. */
export const NO_CONFIG: ConfigStatus = { sources: [], version: '', appliedAt: 0, watchedUntil: null, changing: 0, waiting: null, refused: null, refusals: 0, rollbacks: 0, lookedAt: null, unreachable: null };
