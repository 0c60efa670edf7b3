export { default } from '../../../../pipeline/schedules/batch.ts'
