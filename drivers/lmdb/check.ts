import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { damaged } from '../files/checked-text.ts'
import { isAbsent } from '../files/durable.ts'
import {
  childOf,
  isBranch,
  isLeaf,
  isOverflow,
  keyOf,
  type Meta,
  nodePlaces,
  PAGE_HEADER,
  pageNumber,
  readMeta,
  readNode,
  type Tree,
} from './pages.ts'

/** Files up to this size are walked at each start: a quarter of a second at most. */
const WALKED_AT_START = 256 * 2 ** 20

/**
 * Checks the file of an LMDB environment before it is opened. LMDB maps the file into memory and trusts it:
 * a page that is not there ends the process with SIGBUS, a wrong bound reads beyond the map. Every page that
 * the newest state reaches must lie in the file, be of its kind and in order, and be reached once; what lies
 * in values is checked by whoever reads them. A folder without a file is in order: it is made.
 *
 * @param whole also where the file is large: else pages of values are then not read
 * @throws `corrupt_data` naming the file
 */
export function checkLmdb(folder: string, whole = false): void {
  const path = join(folder, 'data.mdb')
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if (isAbsent(error)) return
    throw error
  }
  try {
    const size = fstatSync(fd).size
    if (size === 0) return
    const problem = new Walk(fd, size, whole || size <= WALKED_AT_START).problem()
    if (problem !== undefined) throw damaged(path, problem)
  } finally {
    closeSync(fd)
  }
}

class Broken extends Error {}

/** One look at a file. */
class Walk {
  readonly #fd: number
  readonly #size: number
  readonly #readsLeaves: boolean
  #pageSize = 0
  #seen = new Uint8Array(0)
  #ordered = true

  constructor(fd: number, size: number, readsLeaves: boolean) {
    this.#fd = fd
    this.#size = size
    this.#readsLeaves = readsLeaves
  }

  /** What is wrong with the newest state; undefined where nothing is. */
  problem(): string | undefined {
    try {
      this.#walkMeta(this.#newestMeta())
      return undefined
    } catch (error) {
      if (error instanceof Broken) return error.message
      throw error
    }
  }

  #newestMeta(): Meta {
    const head = this.#read(0, Math.min(this.#size, 4096))
    const first = readMeta(head)
    if (first === undefined) throw new Broken('its first page is not what LMDB writes')
    this.#pageSize = first.pageSize
    const second = readMeta(this.#read(first.pageSize, Math.min(first.pageSize, 4096)))
    if (second === undefined || second.pageSize !== first.pageSize)
      throw new Broken('its second page is not what LMDB writes')
    return first.transaction >= second.transaction ? first : second
  }

  #walkMeta({ main, free, lastPage }: Meta): void {
    if (lastPage < 1 || lastPage > 2 ** 40) throw new Broken(`it has no page ${lastPage}`)
    // Later pages than the file has can only be free ones.
    this.#seen = new Uint8Array(Math.ceil(this.#size / this.#pageSize))
    this.#walkTree(main)
    // Its keys are numbers, and not in the order of their bytes.
    this.#ordered = false
    this.#walkTree(free)
  }

  #walkTree({ root, entries }: Tree): void {
    const found = root === undefined ? 0 : this.#walkPage(root, 0)
    if (found !== undefined && found !== entries)
      throw new Broken(`a tree has ${found} of ${entries} entries`)
  }

  /** Entries below a page; undefined where leaves are not read. */
  #walkPage(number: number, depth: number): number | undefined {
    this.#mark(number, 1)
    if (depth > 32) throw new Broken(`page ${number} is too deep`)
    const page = this.#read(number * this.#pageSize, this.#pageSize)
    if (pageNumber(page) !== number) throw new Broken(`page ${number} says it is ${pageNumber(page)}`)
    const places = nodePlaces(page)
    if (places === undefined) throw new Broken(`the bounds of page ${number} are impossible`)
    if (isLeaf(page)) return this.#walkLeaf(page, number, places)
    if (!isBranch(page)) throw new Broken(`page ${number} is of no known kind`)
    this.#requireOrder(page, number, places.slice(1))
    let entries: number | undefined = 0
    for (const at of places) {
      const child = childOf(page, at)
      const below = this.#readsLeaves || depth < 1 ? this.#walkPage(child, depth + 1) : this.#skip(child)
      entries = entries === undefined || below === undefined ? undefined : entries + below
    }
    return entries
  }

  #skip(number: number): undefined {
    this.#mark(number, 1)
  }

  #walkLeaf(page: Buffer, number: number, places: readonly number[]): number {
    this.#requireOrder(page, number, places)
    for (const at of places) {
      const node = readNode(page, at)
      if (node === undefined) throw new Broken(`an entry of page ${number} does not lie in it`)
      if (node.kind === 'tree') this.#walkTree(node.tree)
      if (node.kind === 'overflow') this.#walkOverflow(node, number)
    }
    return places.length
  }

  #walkOverflow(node: { first: number; pages: number; bytes: number }, leaf: number): void {
    const { first, pages, bytes } = node
    if (pages !== Math.ceil((PAGE_HEADER + bytes) / this.#pageSize))
      throw new Broken(`an entry of page ${leaf} of ${bytes} bytes is said to take ${pages} pages`)
    this.#mark(first, pages)
    const head = this.#read(first * this.#pageSize, PAGE_HEADER)
    if (pageNumber(head) !== first || !isOverflow(head))
      throw new Broken(`page ${first} does not begin the entry that page ${leaf} says it does`)
  }

  #requireOrder(page: Buffer, number: number, places: readonly number[]): void {
    if (!this.#ordered) return
    let before: Buffer | undefined
    for (const at of places) {
      const key = keyOf(page, at)
      if (key === undefined) throw new Broken(`a key of page ${number} does not lie in it`)
      if (before !== undefined && before.compare(key) >= 0)
        throw new Broken(`the keys of page ${number} are not in order`)
      before = key
    }
  }

  #mark(first: number, pages: number): void {
    if (first < 2 || first + pages > this.#seen.length)
      throw new Broken(`it ends before page ${first + pages - 1}, which is in use`)
    for (let number = first; number < first + pages; number++) {
      if (this.#seen[number] !== 0) throw new Broken(`page ${number} is in two places`)
      this.#seen[number] = 1
    }
  }

  #read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length)
    if (readSync(this.#fd, buffer, 0, length, position) !== length)
      throw new Broken(`it ends at byte ${this.#size}`)
    return buffer
  }
}
