const TIMES = new Set(['Timestamp', 'Timestamps', 'StartTime', 'EndTime']);

/** Whether a member of CloudWatch metrics, or each item of it, is a time: a number in JSON, something of its own in the other protocols. */
export const isTimeMember = (name: string): boolean => TIMES.has(name);
