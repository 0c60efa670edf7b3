import * as Type from 'typebox'

/** Schemas of keys that are made by the API. */

const text = Type.String()
const instant = Type.String({ format: 'date-time' })
const orNull = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const where = Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object' })
const algorithm = Type.Enum(['HS256', 'EdDSA'], { type: 'string' })
const kind = Type.Enum(['key', 'signer'], { type: 'string' })
const whole = Type.Integer({ minimum: 1 })

const limits = {
  where: Type.Optional(where),
  rate: Type.Optional(whole),
  events: Type.Optional(whole),
}

/** Of a signer: what its tokens have to be. */
const terms = {
  alg: Type.Optional(algorithm),
  audience: Type.Optional(text),
  requires: Type.Optional(Type.Array(text)),
  longest: Type.Optional(Type.Integer({ description: 'Seconds that a token may last' })),
}

export const NewKey = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
  kind: Type.Optional(kind),
  scope: Type.Unsafe<string | readonly string[]>({
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    description: 'As in `write:com.example.* read`',
  }),
  ...limits,
  expires: Type.Optional(text),
  ...terms,
  publicKey: Type.Optional(Type.String({ description: 'Of EdDSA: Ed25519, in PEM' })),
})

const key = {
  name: text,
  kind,
  scope: Type.Array(text),
  ...limits,
  expires: Type.Optional(instant),
  ...terms,
  madeAt: orNull(instant),
  madeBy: orNull(text),
  usedAt: orNull(instant),
  isSet: Type.Boolean({ description: 'It stands in the settings, and is revoked there' }),
}

export const MadeKey = Type.Object({
  ...key,
  secret: Type.Optional(Type.String({ description: 'Told this once' })),
})

export const Keys = Type.Object({ keys: Type.Array(Type.Object(key)) })

export const RevokedKey = Type.Object({ revoked: text })
