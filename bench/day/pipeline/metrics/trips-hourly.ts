export { default } from '../../../pipeline/metrics/trips-hourly.ts'
