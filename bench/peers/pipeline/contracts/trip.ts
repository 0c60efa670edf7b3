export { default } from '../../../../pipeline/contracts/trip.ts'
