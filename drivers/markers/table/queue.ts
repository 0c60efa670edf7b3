/**
 * Runs asynchronous jobs one at a time, in order. A job that fails rejects for whoever asked, and the next
 * one runs.
 */
export type Queue = {
  run<T>(job: () => Promise<T>): Promise<T>
  /** Jobs that run or wait. */
  pending(): number
}

export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  let jobs = 0
  return {
    async run(job) {
      jobs++
      const mine = last.then(job, job)
      last = mine
      try {
        return await mine
      } finally {
        jobs--
      }
    },
    pending: () => jobs,
  }
}
