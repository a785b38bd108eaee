// Where moto's server is known to differ from CloudWatch Logs. A statement that depends on one of these is not made of
// moto; the test instead shows that the difference is still there, so that a moto that learned it is noticed.

export const MOTO_DIFFERENCES = {
  'rejected indices': 'gives the index of the last event too old (AWS: the one after it) and of the last too new (AWS: the first)',
  'expired events': 'does not look at the retention of the group',
  'end time inclusivity': 'treats endTime of GetLogEvents as inclusive',
  'sizes unchecked': 'does not check the size of an event or of an upload as AWS does',
  'empty message': 'takes an empty message',
  'span unchecked': 'does not check that an upload spans at most 24 hours',
  'filter patterns': 'knows terms and one phrase; anything else matches every event',
  'page size': 'does not bound a page by bytes',
  'unknown label': 'says of a label that no version has that there is no parameter',
  'parameter sizes unchecked': 'takes a parameter of any size',
  'parameter tiers unchosen': 'gives a parameter the tier that was asked for, `Intelligent-Tiering` too',
  'stream exists text': 'says of a stream that exists that the group does',
} as const;

export type MotoDifference = keyof typeof MOTO_DIFFERENCES;
