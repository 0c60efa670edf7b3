/** Why a pattern cannot be used; undefined where it can. */
export function patternProblem(pattern: unknown): { problem: string; remedy: string } | undefined {
  if (typeof pattern !== 'string') return { problem: 'it is no text', remedy: 'write it as text' }
  try {
    new RegExp(pattern, 'u')
    return undefined
  } catch (error) {
    return { problem: (error as Error).message, remedy: 'write a regular expression of JavaScript (flag u)' }
  }
}
