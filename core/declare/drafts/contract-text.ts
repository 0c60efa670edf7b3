import { keyed, listed, quoted } from '../source-text.ts'
import type { DraftContract } from './draft-contract.ts'
import type { DraftField, DraftNode } from './draft-fields.ts'

/** The file of a contract, as somebody would write it by hand. */
export function contractText(draft: DraftContract): string {
  const { type, version, title, partitionBy, subject, sensitive, scale, tree } = draft
  const lines = [
    `  type: ${quoted(type)},`,
    `  version: ${version},`,
    ...(title === '' ? [] : [`  title: ${quoted(title)},`]),
    `  partitionBy: ${listed(partitionBy)},`,
    ...(subject === null ? [] : [`  subject: ${quoted(subject)},`]),
    ...(sensitive.length === 0 ? [] : [`  sensitive: ${listed(sensitive)},`]),
    ...(scale === null ? [] : [`  scale: ${scale},`]),
    `  data: ${objectText(tree, '  ')},`,
  ]
  return `import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'

export default defineContract({
${lines.join('\n')}
})
`
}

function objectText(node: DraftNode, indent: string): string {
  if ('field' in node) return fieldText(node.field)
  const members = [...node.members]
    .filter(([, member]) => !('field' in member && member.field.leftOut))
    .map(([key, member]) => `${indent}  ${keyed(key)}: ${memberText(member, `${indent}  `)},\n`)
  return `Type.Object({\n${members.join('')}${indent}})`
}

function memberText(node: DraftNode, indent: string): string {
  const { optional, nullable } = 'field' in node ? node.field : node
  const value = objectText(node, indent)
  const orNull = nullable ? `Type.Union([${value}, Type.Null()])` : value
  return optional ? `Type.Optional(${orNull})` : orNull
}

const KINDS = {
  string: 'Type.String()',
  integer: 'Type.Integer()',
  number: 'Type.Number()',
  boolean: 'Type.Boolean()',
  json: 'Type.Unknown()',
} as const

function fieldText({ kind, format, isList, items }: DraftField): string {
  if (isList) return `Type.Array(${KINDS[items ?? 'json']})`
  return format === null ? KINDS[kind] : `Type.String({ format: ${quoted(format)} })`
}
