/** Whether a number is a multiple of a step in decimal: 0.07 is one of 0.01, whatever doubles say. */
export function isMultipleOf(value: number, step: number): boolean {
  const ratio = value / step
  return Math.abs(ratio - Math.round(ratio)) <= Math.abs(ratio) * 4 * Number.EPSILON
}
