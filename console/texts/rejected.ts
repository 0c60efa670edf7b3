/** Texts of the page Rejected. */
export const rejected = {
  since: 'Received in',
  spans: {
    '1h': 'the last hour',
    '24h': 'the last 24 hours',
    '7d': 'the last 7 days',
    '30d': 'the last 30 days',
  },
  type: 'Type',
  allTypes: 'all types',
  refresh: 'Refresh',
  more: (shown: string) => `The oldest ${shown} are here; choose a shorter span or a type to see the others.`,
  none: 'Nothing was rejected',
  noneNext: 'Every event of this span fits its contract.',
  events: ['event', 'events'],
  noType: 'no type',
  last: (time: string) => `last ${time} UTC`,
  open: (count: string) => `${count} not accepted yet`,
  allReplayed: 'all accepted since',
  show: 'Show events',
  newest: (most: string) => `The newest ${most}.`,
  replayed: 'accepted since',
  replay: 'Send again',
  replayTitle: (count: string) => `Send ${count} rejected events again?`,
  replayBody: (type: string) =>
    `Of ${type}, from the begin of the span on: by type and time, whatever their reason. What fits its contract now is accepted and counted once; the rest stays rejected, with its first reason.`,
  outcome: (accepted: string, rejected: string, refused: string) =>
    `${accepted} accepted, ${rejected} rejected again, ${refused} refused for now`,
} as const
