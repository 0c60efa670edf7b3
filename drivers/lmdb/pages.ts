/** What a page of an LMDB file says of itself. Little endian, version 2 of the file as lmdb-js writes it. */

/** Bytes of a page's header: number, transaction, padding, flags, bounds of free space. */
export const PAGE_HEADER = 24
const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08
const NODE_HEADER = 8
const MAGIC = 0xbeef_c0de
const VERSION = 2
/** Bytes of the record of one tree: flags, depth, pages, entries, root. */
export const TREE_BYTES = 48
const NO_ROOT = 0xffff_ffff_ffff_ffffn

/** One tree of an environment. */
export type Tree = { readonly entries: number; readonly root: number | undefined }

/** One of the pages that say where everything is. */
export type Meta = {
  readonly pageSize: number
  readonly free: Tree
  readonly main: Tree
  readonly lastPage: number
  readonly transaction: bigint
}

/** A value of a leaf: in the page, in pages of its own, or the record of a tree. */
export type Node =
  | { readonly kind: 'value'; readonly data: Buffer }
  | { readonly kind: 'tree'; readonly tree: Tree }
  | { readonly kind: 'overflow'; readonly first: number; readonly pages: number; readonly bytes: number }

/** Reads a page that says where everything is; undefined where it is none. */
export function readMeta(page: Buffer): Meta | undefined {
  const at = PAGE_HEADER
  if (page.length < at + 136 || (flagsOf(page) & META) === 0) return undefined
  if (page.readUInt32LE(at) !== MAGIC || (page.readUInt32LE(at + 4) & 0xffff) !== VERSION) return undefined
  const pageSize = page.readUInt32LE(at + 24)
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined
  return {
    pageSize,
    free: readTree(page, at + 24),
    main: readTree(page, at + 24 + TREE_BYTES),
    lastPage: Number(page.readBigUInt64LE(at + 24 + 2 * TREE_BYTES)),
    transaction: page.readBigUInt64LE(at + 24 + 2 * TREE_BYTES + 8),
  }
}

function readTree(bytes: Buffer, at: number): Tree {
  const root = bytes.readBigUInt64LE(at + 40)
  return {
    entries: Number(bytes.readBigUInt64LE(at + 32)),
    root: root === NO_ROOT ? undefined : Number(root),
  }
}

export function flagsOf(page: Buffer): number {
  return page.readUInt16LE(18)
}

export const isBranch = (page: Buffer): boolean => (flagsOf(page) & (BRANCH | LEAF)) === BRANCH
export const isLeaf = (page: Buffer): boolean => (flagsOf(page) & (BRANCH | LEAF)) === LEAF
export const isOverflow = (page: Buffer): boolean => (flagsOf(page) & OVERFLOW) !== 0

export function pageNumber(page: Buffer): number {
  return Number(page.readBigUInt64LE(0))
}

/** Where the nodes of a branch or leaf page begin; undefined where its bounds make no sense. */
export function nodePlaces(page: Buffer): number[] | undefined {
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)]
  if (lower % 2 !== 0 || lower > upper || upper > page.length - PAGE_HEADER) return undefined
  const places: number[] = []
  for (let i = 0; i < lower / 2; i++) {
    const at = page.readUInt16LE(PAGE_HEADER + 2 * i) + PAGE_HEADER
    if (at < PAGE_HEADER + upper || at + NODE_HEADER > page.length) return undefined
    places.push(at)
  }
  return places
}

/** The page below a node of a branch. */
export function childOf(page: Buffer, at: number): number {
  return page.readUInt32LE(at) + page.readUInt16LE(at + 4) * 2 ** 32
}

/** The key of a node; undefined where it would not be in the page. */
export function keyOf(page: Buffer, at: number): Buffer | undefined {
  const end = at + NODE_HEADER + page.readUInt16LE(at + 6)
  return end > page.length ? undefined : page.subarray(at + NODE_HEADER, end)
}

const BIG = 0x01
const SUB = 0x02

/** What a node of a leaf holds; undefined where it would not be in the page. */
export function readNode(page: Buffer, at: number): Node | undefined {
  const [bytes, flags] = [page.readUInt32LE(at), page.readUInt16LE(at + 4)]
  const data = at + NODE_HEADER + page.readUInt16LE(at + 6)
  if ((flags & BIG) !== 0) {
    if (data + 24 > page.length) return undefined
    const [first, pages] = [page.readBigUInt64LE(data), page.readBigUInt64LE(data + 16)]
    return { kind: 'overflow', first: Number(first), pages: Number(pages), bytes }
  }
  if (data + bytes > page.length) return undefined
  if ((flags & SUB) === 0) return { kind: 'value', data: page.subarray(data, data + bytes) }
  return bytes === TREE_BYTES ? { kind: 'tree', tree: readTree(page, data) } : undefined
}
