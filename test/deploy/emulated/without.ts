import type { Template } from '../../../deploy/check/template.ts'

/** A template without resources: what refers to one of them gets a name that says so. */
export function without(template: Template, types: ReadonlySet<string>): Template {
  const gone = new Set(Object.keys(template.Resources).filter(id => types.has(template.Resources[id]!.Type)))
  const kept = Object.entries(template.Resources).filter(([id]) => !gone.has(id))
  return rewritten({ ...template, Resources: Object.fromEntries(kept) }, gone) as Template
}

const absent = (id: string) => `absent-${id}`

function rewritten(value: unknown, gone: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map(one => rewritten(one, gone))
  if (typeof value !== 'object' || value === null) return value
  const referred = referredBy(value)
  if (referred !== undefined && gone.has(referred)) return absent(referred)
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === 'DependsOn') return [key, [one].flat().filter(id => !gone.has(id))]
      return [
        key,
        key === 'Fn::Sub' && typeof one === 'string' ? substituted(one, gone) : rewritten(one, gone),
      ]
    }),
  )
}

/** The resource that an intrinsic function is of. */
function referredBy(value: object): string | undefined {
  const { Ref, 'Fn::GetAtt': attribute } = value as {
    Ref?: string
    'Fn::GetAtt'?: string | readonly string[]
  }
  return Ref ?? [attribute ?? []].flat()[0]?.split('.')[0]
}

function substituted(text: string, gone: ReadonlySet<string>): string {
  return text.replaceAll(/\$\{(\w+)(?:\.\w+)*\}/g, (whole, id: string) => (gone.has(id) ? absent(id) : whole))
}
