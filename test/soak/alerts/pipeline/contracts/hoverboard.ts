export { default } from '../../../../../pipeline/contracts/hoverboard.ts'
