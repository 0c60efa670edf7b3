export { default } from '../../../pipeline/metrics/trips-minutely.ts'
