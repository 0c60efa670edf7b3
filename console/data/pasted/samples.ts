/**
 * Samples of a pasted text: an object, a list of objects, or an object a line.
 *
 * @returns what is wrong with the text, where it is none of these
 */
export function samplesOf(text: string): readonly object[] | string {
  const whole = parsed(text)
  const values = whole.ok ? (Array.isArray(whole.value) ? whole.value : [whole.value]) : linesOf(text)
  if (values === undefined) return whole.ok ? '' : whole.problem
  const isObjects = values.every(one => typeof one === 'object' && one !== null && !Array.isArray(one))
  return isObjects && values.length > 0 ? (values as readonly object[]) : NO_OBJECTS
}

export const NO_OBJECTS = 'no objects'

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

function parsed(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

function linesOf(text: string): readonly unknown[] | undefined {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  const all = lines.map(parsed)
  if (lines.length < 2 || !all.every(one => one.ok)) return undefined
  return all.map(one => one.value)
}
