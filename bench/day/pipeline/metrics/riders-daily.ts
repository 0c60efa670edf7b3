export { default } from '../../../pipeline/metrics/riders-daily.ts'
