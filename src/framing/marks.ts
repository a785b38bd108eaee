/** Ends a piece that is not the last of its message: the CloudWatch agent's own truncation mark. */
export const PIECE_SUFFIX = Buffer.from('[Truncated...]');
/** Begins a piece that is not the first of its message. */
export const PIECE_PREFIX = Buffer.from('[...Continued]');
