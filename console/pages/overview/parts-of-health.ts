import type { Health } from '../../data/api.ts'

/** A part of the platform, as health tells of it: numbers and texts by name. */
export type Part = Readonly<Record<string, unknown>> & { readonly status?: string }

export function partsOf(health: Health | undefined): Readonly<Record<string, Part>> {
  return (health?.parts ?? {}) as Readonly<Record<string, Part>>
}

/** A number of a part; undefined where it does not say. */
export function numberOf(part: Part | undefined, name: string): number | undefined {
  const value = part?.[name]
  return typeof value === 'number' ? value : undefined
}

/** The last epoch that every metric with a boundary is exact through, ISO; undefined before the first. */
export function boundaryOf(health: Health | undefined): string | undefined {
  const boundaries = Object.values(
    (partsOf(health)['batch']?.['boundaries'] ?? {}) as Record<string, string | null>,
  )
  return boundaries.filter(one => one !== null).sort()[0]
}
