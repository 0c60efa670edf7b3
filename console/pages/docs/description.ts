/** What is read of the API's description (OpenAPI 3.1) to show it. */
export type Description = {
  readonly info: { readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

type Content = Readonly<Record<string, { readonly schema: unknown }>>

type Operation = {
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

export type Parameter = {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

export type Call = Operation & { readonly method: string; readonly path: string }

/** Calls by what they are about, in the order of the description. */
export function callsByTag({ tags, paths }: Description) {
  const calls: readonly Call[] = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, method: method.toUpperCase(), path })),
  )
  return tags
    .map(({ name, description }) => ({ description, calls: calls.filter(one => one.tags.includes(name)) }))
    .filter(({ calls: own }) => own.length > 0)
}

/** Whether a call is meant by words that are typed. */
export function isMeant({ method, path, summary }: Call, words: string): boolean {
  const text = `${method} ${path} ${summary}`.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

/** What a value may be, in a few words. */
export function kindOf({ type, enum: choice, items, format, default: usual }: Parameter['schema']): string {
  const one = Array.isArray(choice) ? choice.join(' | ') : String(format ?? type ?? 'text')
  const all = type === 'array' ? `list of ${kindOf((items ?? {}) as Parameter['schema'])}` : one
  return usual === undefined ? all : `${all} (${String(usual)})`
}

/** The call for a terminal. Parts of the path are left to the reader. */
export function curlOf({ method, path, requestBody }: Call, origin: string): string {
  const [type] = Object.keys(requestBody?.content ?? {})
  const key = '-H "Authorization: Bearer $TRIBUTARY_KEY"'
  const verb = method === 'GET' ? '' : ` -X ${method}`
  const body = type === undefined ? '' : ` \\\n  -H 'Content-Type: ${type}' -d @body.json`
  return `curl -s${verb} ${key} '${origin}${path}'${body}`
}
