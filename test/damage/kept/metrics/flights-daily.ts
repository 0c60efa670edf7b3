export { default } from '../../../../pipeline/metrics/flights-daily.ts'
