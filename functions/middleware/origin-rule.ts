import { TributaryError } from '../../core/errors.ts'
import { allowsOrigin, type Origins } from '../../core/origins.ts'

/** Which pages may use the HTTP API. */
export type OriginRule = {
  readonly origins: Origins
  /** The refusal of a page that may not; whoever runs the platform is told, as browsers hide answers. */
  refuse(origin: string): TributaryError
}

/** So many origins are told of, each once: anybody can make up another. */
const MOST_TOLD = 100
const MOST_CHARACTERS = 200

/** @param tell is told of an origin that was refused, and what to do; once for each */
export function createOriginRule(
  origins: Origins,
  tell: (origin: string, remedy: string) => void,
): OriginRule {
  const told = new Set<string>()
  return {
    origins,
    refuse(sent) {
      const origin = sent.slice(0, MOST_CHARACTERS)
      if (!told.has(origin) && told.size < MOST_TOLD) {
        told.add(origin)
        tell(origin, REMEDY)
      }
      return new TributaryError(
        'origin_not_allowed',
        `pages of ${origin} may not use this platform; ${REMEDY}`,
      )
    },
  }
}

const REMEDY = 'if they should, add the origin to TRIBUTARY_ORIGINS (on AWS the parameter origins)'

/** @throws TributaryError `origin_not_allowed` where a request comes from a page that may not send it */
export function requireOrigin(rule: OriginRule, origin: string | undefined): void {
  // What is no browser names no origin.
  if (origin === undefined || allowsOrigin(rule.origins, origin)) return
  throw rule.refuse(origin)
}

/** Where no page may. */
export const NO_PAGES: OriginRule = createOriginRule([], () => undefined)
