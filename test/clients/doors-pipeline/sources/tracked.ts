import { defineSource } from '../../../../core/declare/sources/source.ts'

/** Segment's SDKs, and those of RudderStack and Jitsu. */
export default defineSource({
  name: 'tracked',
  door: 'segment',
  rules: [
    {
      when: { '/type': 'track', '/event': 'Step Taken' },
      type: 'com.example.step',
      data: { client: '/properties/client', n: '/properties/n', price: '/properties/price' },
    },
    { when: { '/type': 'identify' }, ignore: true },
  ],
})
