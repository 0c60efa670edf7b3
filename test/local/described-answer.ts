import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

type Described = {
  readonly headers?: Readonly<Record<string, { readonly schema: object }>>
  readonly content?: Readonly<Record<string, unknown>>
}
type Operation = { readonly responses: Readonly<Record<string, Described>> }
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

/** What is wrong with an answer by the description of the API; undefined: nothing. */
export type AnswerCheck = (method: string, path: string, answer: Response) => Promise<string | undefined>

const PROBLEM = 'application/problem+json'

/**
 * Compares answers with an OpenAPI document: the status stands there, or is a failure; so do content type,
 * headers and the body's schema.
 */
export function createAnswerCheck(document: object): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'doc', ...document })
  const { paths } = JSON.parse(JSON.stringify(document)) as { readonly paths: Paths }
  const compiled = new Map<string, ValidateFunction>()
  const validatorAt = (pointer: string): ValidateFunction => {
    const found = compiled.get(pointer) ?? ajv.compile({ $ref: `doc#${pointer}` })
    compiled.set(pointer, found)
    return found
  }
  return async (method, address, answer) => {
    const path = templateOf(paths, address.split('?')[0]!)
    const responses = path === undefined ? undefined : paths[path]![method.toLowerCase()]?.responses
    const type = (answer.headers.get('content-type') ?? 'none').split(';')[0]!
    if (path === undefined || responses === undefined)
      return type === PROBLEM && answer.status >= 400 ? undefined : `${answer.status} ${type} of no call`
    const status = String(answer.status) in responses ? String(answer.status) : 'default'
    const { content, headers = {} } = responses[status]!
    if (content === undefined) return (await answer.text()) === '' ? undefined : `${answer.status} has a body`
    if (status === 'default' && answer.status < 400) return `${answer.status} is not described`
    if (!(type in content)) return `${answer.status} is described as ${Object.keys(content)}, and is ${type}`
    const missing = Object.keys(headers).find(name => !/^[1-9]\d*$/.test(answer.headers.get(name) ?? ''))
    if (missing !== undefined) return `${answer.status} has no ${missing}`
    const parts = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema']
    const isRight = validatorAt(parts.map(part => `/${pointerPart(part)}`).join(''))
    const text = await answer.text()
    if (isRight(type.endsWith('json') ? JSON.parse(text) : text)) return undefined
    return `${answer.status}: ${ajv.errorsText(isRight.errors)}`
  }
}

function pointerPart(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function templateOf(paths: Paths, path: string): string | undefined {
  if (path in paths) return path
  return Object.keys(paths).find(one =>
    new RegExp(`^${one.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
}
