import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { sendLogs } from './otlp.js'

export const send = given => sendLogs(given, OTLPLogExporter)
