import { DiagLogLevel, diag } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'

/** Sends logs with an exporter of OTLP/HTTP, each step as a record with attributes. */
export async function sendLogs({ url, key, steps, see }, OTLPLogExporter) {
  const told = (...words) => see(words.join(' '))
  diag.setLogger({ error: told, warn: told, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN)
  const exporter = new OTLPLogExporter({
    ...{ url: `${url}/v1/logs`, headers: { authorization: `Bearer ${key}` } },
  })
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': steps[0].data.client }),
    processors: [new BatchLogRecordProcessor({ exporter, maxQueueSize: 5000, maxExportBatchSize: 100 })],
  })
  const logger = provider.getLogger('test', '1.0')
  for (const { id, time, data } of steps)
    logger.emit({
      ...{ timestamp: new Date(time), severityText: 'INFO', body: 'a step was taken' },
      attributes: { 'log.record.uid': id, n: data.n, price: data.price },
    })
  await provider.forceFlush()
  await provider.shutdown()
}
