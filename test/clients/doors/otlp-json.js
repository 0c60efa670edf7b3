import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { sendLogs } from './otlp.js'

export const send = given => sendLogs(given, OTLPLogExporter)
