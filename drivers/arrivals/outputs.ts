import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Objects } from '../../core/ports/objects.ts'
import { inParallel } from '../aws/in-parallel.ts'

/** Gzip objects that grow side by side. */
export type Outputs = {
  /** Adds bytes that are a gzip member. */
  addMember(key: string, member: Buffer): void
  /** Adds bytes to compress. */
  addText(key: string, text: Buffer): void
  /** Moves what waits in memory to files once it is much. To be called between pieces. */
  spill(): Promise<void>
  /** Stores every object. */
  store(): Promise<void>
}

type Output = {
  readonly key: string
  readonly file: string
  members: Buffer[]
  /**
   * Text that waits to be compressed, in a buffer that grows: a Buffer a line would take more memory than the
   * lines.
   */
  text: Buffer
  textBytes: number
  isSpilled: boolean
}

/** Text of one object that is compressed as one member: larger ones hardly pack better. */
const MEMBER_BYTES = 1 << 20
/** Most bytes in memory. */
const MAX_WAITING = 16 << 20
/** Quick and, for JSON, within a tenth of the default level's size. */
const GZIP = { level: 4 }
const PARALLEL = 8

/** Opens outputs that spill to files of a folder of their own; it is the caller's to remove. */
export function openOutputs(folder: string, objects: Pick<Objects, 'put'>): Outputs {
  const outputs = new Map<string, Output>()
  let waiting = 0
  const outputOf = (key: string): Output => {
    const known = outputs.get(key)
    if (known !== undefined) return known
    const file = join(folder, String(outputs.size))
    const output = { key, file, members: [], text: Buffer.alloc(0), textBytes: 0, isSpilled: false }
    outputs.set(key, output)
    return output
  }
  return {
    addMember(key, member) {
      outputOf(key).members.push(member)
      waiting += member.length
    },
    addText(key, text) {
      const output = outputOf(key)
      append(output, text)
      waiting += text.length
      if (output.textBytes < MEMBER_BYTES) return
      waiting -= output.textBytes
      waiting += pack(output)
    },
    async spill() {
      if (waiting < MAX_WAITING) return
      for (const output of outputs.values()) await spillOne(output)
      waiting = 0
    },
    store: () => inParallel(outputs.values(), PARALLEL, storeOne),
  }

  async function spillOne(output: Output): Promise<void> {
    pack(output)
    if (output.members.length === 0) return
    await mkdir(folder, { recursive: true })
    await appendFile(output.file, Buffer.concat(output.members))
    output.isSpilled = true
    output.members = []
  }

  async function storeOne(output: Output): Promise<void> {
    if (output.isSpilled) {
      await spillOne(output)
      return objects.put(output.key, { file: output.file })
    }
    pack(output)
    await objects.put(output.key, Buffer.concat(output.members))
  }
}

function append(output: Output, text: Buffer): void {
  const needed = output.textBytes + text.length
  if (needed > output.text.length) {
    const grown = Buffer.allocUnsafe(Math.max(2 * output.text.length, needed))
    output.text.copy(grown, 0, 0, output.textBytes)
    output.text = grown
  }
  output.textBytes += text.copy(output.text, output.textBytes)
}

/** Compresses the waiting text; answers the member's bytes. */
function pack(output: Output): number {
  if (output.textBytes === 0) return 0
  const member = gzipSync(output.text.subarray(0, output.textBytes), GZIP)
  output.members.push(member)
  output.text = Buffer.alloc(0)
  output.textBytes = 0
  return member.length
}
