import { defineSource } from '../../../../core/declare/sources/source.ts'

/** Logs of OpenTelemetry. */
export default defineSource({
  name: 'logs',
  door: 'otlp',
  rules: [
    {
      type: 'com.example.step',
      data: { client: '/resource/service.name', n: '/attributes/n', price: '/attributes/price' },
    },
  ],
})
