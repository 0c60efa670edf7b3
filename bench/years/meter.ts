/** What was asked of ports: calls, and bytes that were read and written. */
export type Asked = { readonly calls: number; readonly read: number; readonly written: number }

export type Meter = {
  /** The same port, whose calls of these names are counted. */
  of<T extends object>(port: T, names: readonly (keyof T)[]): T
  /** What was asked since the last look. */
  take(): Asked
}

type Call = (...args: readonly unknown[]) => Promise<unknown>

/** Counts calls of ports, so that what a step asks for is known however busy the machine is. */
export function createMeter(): Meter {
  let asked = { calls: 0, read: 0, written: 0 }
  const note = (args: readonly unknown[], result: unknown) => {
    const bytesOf = (value: unknown) => (value instanceof Uint8Array ? value.length : 0)
    asked = {
      calls: asked.calls + 1,
      read: asked.read + bytesOf(result),
      written: asked.written + args.reduce<number>((sum, arg) => sum + bytesOf(arg), 0),
    }
  }
  return {
    of(port, names) {
      const counted = names.map(name => {
        const call = port[name] as Call
        const metered: Call = async (...args) => {
          const result = await call(...args)
          note(args, result)
          return result
        }
        return [name, metered]
      })
      return { ...port, ...Object.fromEntries(counted) }
    },
    take() {
      const taken = asked
      asked = { calls: 0, read: 0, written: 0 }
      return taken
    },
  }
}
