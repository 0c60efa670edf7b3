/** An address of a page with the parameters that have a value. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value)
  const text = parameters.toString()
  return text === '' ? path : `${path}?${text}`
}
