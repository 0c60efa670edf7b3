/** An event that every SDK sends; `id` is the first word of what it sends it under. */
export type SdkEvent = {
  readonly id: string
  readonly source: string
  readonly type: string
  readonly time: string
  readonly subject?: string
  readonly extensions: Readonly<Record<string, string | number>>
  readonly data: Readonly<Record<string, unknown>>
}

const note = {
  ...{ author: 'Zoë', text: 'grüß "Gott" \\ 日本 🛹\n', n: -3, price: 19.95, ok: true },
  ...{ tags: ['a', 'ü'], place: { city: 'Köln' } },
}
const common = {
  source: 'https://example.com/notes?a=1',
  type: 'com.example.note',
  time: '2026-01-31T12:00:00.25Z',
  extensions: {},
  data: note,
}

/** One that its contract does not take is among them. */
export const BROKEN = 'broken'

/** What SDKs send: the plain, all that is optional, what is not ASCII, and one that breaks its contract. */
export const SDK_EVENTS: readonly SdkEvent[] = [
  { ...common, id: 'plain' },
  {
    ...common,
    id: 'full',
    time: '2026-01-31T23:59:59.999999+02:00',
    subject: 'a/b c',
    extensions: {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      shard: 7,
      percent: '50% "x"',
    },
    data: { ...note, n: 9_007_199_254_740_991, price: 0.1, tags: [], extra: null },
  },
  { ...common, id: 'ünï-日本-🛹', subject: 'größe' },
  { ...common, id: 'uri', source: '/caf%C3%A9' },
  { ...common, id: BROKEN, data: { ...note, author: '' } },
]
