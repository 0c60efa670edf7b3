export { default } from '../../../../pipeline/metrics/routes-hourly.ts'
