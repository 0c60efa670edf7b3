import type { JsonSchema } from '../../data/fields.ts'
import type { ContractDeclaration } from '../contract.ts'
import type { DraftContract } from './draft-contract.ts'
import type { DraftField, DraftNode } from './draft-fields.ts'

/** What the file of a draft declares, without running it. */
export function declarationOf(draft: DraftContract): ContractDeclaration {
  const { type, version, title, partitionBy, subject, sensitive, scale, tree } = draft
  return {
    ...{ type, version, partitionBy, sensitive, data: schemaOf(tree) },
    ...(title !== '' && { title }),
    ...(subject !== null && { subject }),
    ...(scale !== null && { scale }),
  }
}

function schemaOf(node: DraftNode): JsonSchema {
  if ('field' in node) return fieldSchema(node.field)
  const members = [...node.members].filter(([, one]) => !('field' in one && one.field.leftOut))
  const isRequired = (one: DraftNode) => !('field' in one ? one.field.optional : one.optional)
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([key, one]) => [key, orNull(one)])),
    required: members.filter(([, one]) => isRequired(one)).map(([key]) => key),
  }
}

function orNull(node: DraftNode): JsonSchema {
  const { nullable } = 'field' in node ? node.field : node
  return nullable ? { anyOf: [schemaOf(node), { type: 'null' }] } : schemaOf(node)
}

function fieldSchema({ kind, format, isList, items }: DraftField): JsonSchema {
  if (isList) return { type: 'array', items: scalar(items ?? 'json') } as JsonSchema
  return { ...scalar(kind), ...(format !== null && { format }) }
}

const scalar = (kind: DraftField['kind']): JsonSchema => (kind === 'json' ? {} : { type: kind })
