/**
 * The engines on AWS, composed from the settings of the function that asks for them. What a function does not
 * ask for is left out of its bundle.
 */
export { horizon, lakeObjects, settings } from './aws/common.ts'
export * from './aws/intake.ts'
export * from './aws/lake.ts'
export * from './aws/runs.ts'
export * from './aws/speed.ts'
export * from './aws/views.ts'
export * from './aws/warehouse.ts'
