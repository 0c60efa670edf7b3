import type { Fence } from './commands.ts'

/** A file that a reader writes. */
export type DeclaredFile = { readonly path: string; readonly text: string }

const KINDS = {
  defineContract: { folder: 'contracts', module: 'contract' },
  defineMetric: { folder: 'metrics', module: 'metric' },
  defineSchedule: { folder: 'schedules', module: 'schedule' },
  defineAlert: { folder: 'alerts', module: 'alerts/alert' },
  defineSource: { folder: 'sources', module: 'sources/source' },
} as const
const MEASURES = ['count', 'sum', 'min', 'max', 'mean', 'distinct', 'quantile']

/**
 * The declaration that a fence of TypeScript shows, as a file of the pipeline folder. Where a page leaves the
 * imports out, they are added.
 */
export function declaredIn({ info, text }: Fence): readonly DeclaredFile[] {
  if (info !== 'ts') return []
  const define = /\b(define\w+)\(/.exec(text)?.[1] as keyof typeof KINDS | undefined
  // A part of a declaration, such as one of its fields; or one that the sample has no place for.
  if (define === undefined || !Object.hasOwn(KINDS, define)) return []
  const name = /\b(?:name|type): '([^']+)'/.exec(text)![1]!
  const { folder, module } = KINDS[define]
  const file = `${name.slice(name.lastIndexOf('.') + 1).replaceAll('_', '-')}.ts`
  const imports = `import { ${define} } from '../../core/declare/${module}.ts'
import { ${MEASURES.join(', ')} } from '../../core/declare/measures.ts'
`
  return [{ path: `pipeline/${folder}/${file}`, text: /^import /m.test(text) ? text : imports + text }]
}
