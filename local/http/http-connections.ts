import type { Socket } from 'node:net'
import { TributaryError } from '../../core/errors.ts'

/** Connections at one time: all, and those of one address that have not shown a key yet. */
export type ConnectionLimits = { readonly all: number; readonly freshOfOne: number }

/** Told that a connection was ended to make room for another: which limit was reached. */
export type OnEnded = (limit: string) => void

/**
 * Makes room for connections: where there are too many, those end first that have shown no key for longest,
 * then those on which nothing is asked. Whoever opens many and sends nothing ends its own.
 */
export type Connections = {
  opened(socket: Socket): void
  /** A request on it has been found to be allowed, and is being served. */
  busy(socket: Socket): void
  /** It has been answered. */
  idle(socket: Socket): void
  /**
   * Ends those on which nothing has come. Browsers open some in advance, and clients do in place of one that
   * they gave up; node:http takes them for busy, and would wait for them when the server closes.
   */
  endSilent(): void
}

export function createConnections(limits: ConnectionLimits, onEnded: OnEnded = () => undefined): Connections {
  // Each in order of time, so that the first has waited longest.
  const fresh = new Map<string, Set<Socket>>()
  const allFresh = new Set<Socket>()
  const idle = new Set<Socket>()
  let open = 0

  function leaveFresh(socket: Socket, address: string): void {
    allFresh.delete(socket)
    const ofAddress = fresh.get(address)
    ofAddress?.delete(socket)
    if (ofAddress?.size === 0) fresh.delete(address)
  }

  function endFirst(sockets: ReadonlySet<Socket> | undefined, limit: string): void {
    for (const socket of sockets ?? []) {
      socket.destroy()
      onEnded(limit)
      return
    }
  }

  return {
    opened(socket) {
      const address = addressOf(socket)
      open++
      socket.once('close', () => {
        open--
        leaveFresh(socket, address)
        idle.delete(socket)
      })
      const ofAddress = fresh.get(address) ?? new Set()
      if (ofAddress.size >= limits.freshOfOne)
        endFirst(ofAddress, `${limits.freshOfOne} connections of one address that have shown no key`)
      if (open > limits.all) endFirst(allFresh.size > 0 ? allFresh : idle, `${limits.all} connections`)
      fresh.set(address, ofAddress.add(socket))
      allFresh.add(socket)
    },
    busy(socket) {
      if (allFresh.has(socket)) leaveFresh(socket, addressOf(socket))
      idle.delete(socket)
    },
    idle(socket) {
      if (!socket.destroyed && !allFresh.has(socket)) idle.add(socket)
    },
    endSilent() {
      for (const socket of allFresh) if (socket.bytesRead === 0) socket.destroy()
    },
  }
}

/** What is reported of a connection that was ended for others. */
export function tooManyConnections(limit: string): TributaryError {
  const detail = `there are ${limit}, the most that are kept: the one that has been silent longest was ended; see who opens them`
  return new TributaryError('overloaded', detail)
}

/** Known while it is open; a socket that has closed has none. */
const addresses = new WeakMap<Socket, string>()

/** The address of the other side. */
export function addressOf(socket: Socket): string {
  const known = addresses.get(socket)
  if (known !== undefined) return known
  const address = socket.remoteAddress ?? ''
  addresses.set(socket, address)
  return address
}
