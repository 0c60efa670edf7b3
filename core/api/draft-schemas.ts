import * as Type from 'typebox'
import { DRAFT_KINDS } from '../declare/drafts/draft-fields.ts'
import { DRAFT_MEASURES } from '../declare/drafts/draft-metric.ts'

/** Schemas of drafts of declarations. */

const text = Type.String()
const flag = Type.Boolean()
const textOrNull = Type.Union([text, Type.Null()])
const scale = Type.Union([Type.Integer({ minimum: 0, maximum: 15 }), Type.Null()])
const kind = Type.Enum([...DRAFT_KINDS], { type: 'string' })
const window = Type.Enum(['minute', 'hour', 'day'], { type: 'string' })
const version = Type.Integer({ minimum: 1 })

const file = Type.Object({
  path: Type.String({ description: 'Where in the project it belongs' }),
  text,
  problem: Type.Union([text, Type.Null()], { description: 'What a start would refuse it for' }),
})
const contract = {
  ...{ type: text, version, title: text, partitionBy: Type.Array(text), subject: textOrNull },
  ...{ sensitive: Type.Array(text), scale },
}
const measure = Type.Object({
  name: text,
  kind: Type.Enum([...DRAFT_MEASURES], { type: 'string' }),
  field: textOrNull,
})
const metric = { name: text, title: text, window, by: Type.Array(text), measures: Type.Array(measure) }
const choice = { kind, format: textOrNull, optional: flag, nullable: flag, leftOut: flag }

const partial = <P extends Type.TProperties>(properties: P) => Type.Partial(Type.Object(properties))

/** What drafts are made of: samples, and what somebody chose in place of what they show. */
export const DraftRequest = Type.Object(
  {
    samples: Type.Array(Type.Object({}), {
      description: 'Events, or the data of events, of one type; at most 1,000',
    }),
    contract: Type.Optional(partial({ ...contract, fields: Type.Record(text, partial(choice)) })),
    metric: Type.Optional(partial(metric)),
  },
  { additionalProperties: false },
)

const field = Type.Object({
  ...{ name: text, ...choice, list: flag, canPartition: flag, looksSensitive: flag },
})
export const Drafts = Type.Object({
  contract: Type.Object({ ...contract, fields: Type.Array(field), file }),
  metric: Type.Object({ ...metric, file }),
})
