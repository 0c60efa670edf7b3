import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'

const deflate = promisify(deflateRaw)

/**
 * MS-DOS date and time of 1980-01-01, the format's earliest: files get no time of their own, so equal content
 * is an equal archive.
 */
const DOS_DATE = 0x0021
const UTF8_NAMES = 0x0800
const DEFLATED = 8
const VERSION = 20
const MADE_ON_UNIX = (3 << 8) | VERSION

/**
 * A folder's files as a ZIP archive (PKWARE APPNOTE 6.3, no ZIP64: Lambda takes 250 MB unzipped at most), the
 * same bytes for the same files. `prefix` goes before every name.
 */
export async function zipFolder(folder: string, prefix = ''): Promise<Buffer> {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  const paths = await filesIn(folder)
  for (const path of paths) {
    const entry = await entryOf(folder, path, prefix)
    const header = localHeader(entry)
    local.push(header, entry.packed)
    central.push(centralHeader(entry, offset))
    offset += header.length + entry.packed.length
  }
  const directory = Buffer.concat(central)
  return Buffer.concat([...local, directory, endOfDirectory(paths.length, directory.length, offset)])
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
}

type ZipEntry = Awaited<ReturnType<typeof entryOf>>

async function entryOf(folder: string, path: string, prefix: string) {
  const content = await readFile(path)
  const isExecutable = ((await stat(path)).mode & 0o100) !== 0
  return {
    name: Buffer.from(prefix + relative(folder, path).split(sep).join('/')),
    size: content.length,
    sum: crc32(content),
    packed: await deflate(content, { level: 9 }),
    mode: isExecutable ? 0o100755 : 0o100644,
  }
}

/** The fields that a file's two headers share. */
function writeShared(to: Buffer, at: number, { name, size, sum, packed }: ZipEntry): void {
  to.writeUInt16LE(VERSION, at)
  to.writeUInt16LE(UTF8_NAMES, at + 2)
  to.writeUInt16LE(DEFLATED, at + 4)
  to.writeUInt16LE(0, at + 6)
  to.writeUInt16LE(DOS_DATE, at + 8)
  to.writeUInt32LE(sum, at + 10)
  to.writeUInt32LE(packed.length, at + 14)
  to.writeUInt32LE(size, at + 18)
  to.writeUInt16LE(name.length, at + 22)
}

function localHeader(entry: ZipEntry): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  writeShared(header, 4, entry)
  return Buffer.concat([header, entry.name])
}

function centralHeader(entry: ZipEntry, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(MADE_ON_UNIX, 4)
  writeShared(header, 6, entry)
  header.writeUInt32LE((entry.mode << 16) >>> 0, 38)
  header.writeUInt32LE(offset, 42)
  return Buffer.concat([header, entry.name])
}

function endOfDirectory(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(size, 12)
  record.writeUInt32LE(offset, 16)
  return record
}
