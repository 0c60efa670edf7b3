import Type from 'typebox'

/** A point on the earth, in degrees (WGS 84). */
export const location = Type.Object({
  longitude: Type.Number({ minimum: -180, maximum: 180 }),
  latitude: Type.Number({ minimum: -90, maximum: 90 }),
})
