import * as Type from 'typebox'

const text = Type.String()

/** Letters, digits, `-` and `_`: it stands in an address. */
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

export const LakeTables = Type.Object({
  tables: Type.Array(
    Type.Object({
      schema: Type.Enum(['curated', 'metric', 'model', 'raw'], { type: 'string' }),
      ...{ name: text, description: text },
      columns: Type.Array(Type.Object({ name: text, type: text, description: text })),
    }),
  ),
})

export const LakeQuery = Type.Object(
  {
    sql: Type.String({ minLength: 1, maxLength: 100_000, description: 'One statement of DuckDB that reads' }),
    id: Type.Optional(id),
  },
  { additionalProperties: false },
)

/** Numbers that no double has all digits of (64-bit integers, decimals) are texts, and so are instants. */
export const LakeAnswer = Type.Object({
  columns: Type.Array(Type.Object({ name: text, type: text })),
  rows: Type.Unsafe<readonly (readonly unknown[])[]>({ type: 'array', items: { type: 'array', items: {} } }),
  isWhole: Type.Boolean({ description: 'Whether there are no more rows than these' }),
  ms: Type.Integer({ minimum: 0, description: 'How long it took' }),
})

export const LakeCancelled = Type.Object({ cancelled: Type.Boolean() })
