export { default } from '../../../../../pipeline/metrics/fleet-minutely.ts'
