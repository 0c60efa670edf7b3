import { defineSource } from '../../../../core/declare/sources/source.ts'

/** Snowplow's trackers: self-describing events, and structured ones. */
export default defineSource({
  name: 'trackers',
  door: 'snowplow',
  rules: [
    {
      when: { '/event/schema': 'iglu:com.example/step/jsonschema/1-0-0' },
      type: 'com.example.step',
      data: '/event/data',
    },
    {
      when: { '/e': 'se', '/se_ac': 'step' },
      type: 'com.example.step',
      data: {
        client: '/se_ca',
        n: { from: '/se_la', as: 'integer' },
        price: { from: '/se_va', as: 'number' },
      },
    },
  ],
})
