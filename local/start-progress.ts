/** Tells whoever waits for a start what it is at, where that takes longer than a moment. */
export type StartProgress = {
  /** Awaits work that is part of the start. */
  during<T>(what: string, work: Promise<T>): Promise<T>
  /** How far work of that name is, such as `12 of 40 blocks`. */
  far(what: string, how: string): void
}

/** A start that takes no longer says nothing, ms. */
const MOMENT_MS = 2000
/** Pause between two lines about the same work, ms. */
const AGAIN_MS = 5000
const LOOK_EVERY_MS = 500

type Work = { readonly since: number; toldAt: number }

/** @param tell takes a line about work that is not done yet */
export function createStartProgress(tell: (line: string) => void): StartProgress {
  const underWay = new Map<string, Work>()
  /** A thread may tell before anybody awaits it. */
  const far = new Map<string, string>()
  const look = () => {
    const now = performance.now()
    for (const [what, work] of underWay) {
      if (now - work.since < MOMENT_MS || now - work.toldAt < AGAIN_MS) continue
      work.toldAt = now
      const seconds = Math.round((now - work.since) / 1000)
      const how = far.get(what)
      tell(`${what}${how === undefined ? '' : `: ${how}`} (${seconds} s)`)
    }
  }
  return {
    async during(what, work) {
      underWay.set(what, { since: performance.now(), toldAt: Number.NEGATIVE_INFINITY })
      const timer = setInterval(look, LOOK_EVERY_MS)
      try {
        return await work
      } finally {
        clearInterval(timer)
        underWay.delete(what)
      }
    },
    far: (what, how) => void far.set(what, how),
  }
}
