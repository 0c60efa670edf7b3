import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFolderTableFiles } from '../../../drivers/table-files/folder.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'table files-'))
})
afterAll(() => rm(root, { recursive: true }))

const store = async (path: string, text: string) => {
  await mkdir(join(root, path, '..'), { recursive: true })
  await writeFile(join(root, `${path}.aside`), text)
  await rename(join(root, `${path}.aside`), join(root, path))
}

test('a file of the lake that is kept takes no space of its own, and stays when the lake replaces it', async () => {
  const files = createFolderTableFiles(root)
  const folder = files.folder('curated', 'trip')
  await store('curated/a/part.parquet', 'first')
  const kept = await files.keep('curated/a/part.parquet', folder)
  expect(kept).toEqual({ uri: expect.stringContaining(`${folder}/data/`), bytes: 5 })
  expect((await stat(kept.uri.slice('file://'.length))).nlink).toBe(2)
  expect(await files.keep('curated/a/part.parquet', folder)).toEqual(kept)
  await store('curated/a/part.parquet', 'second')
  const next = await files.keep('curated/a/part.parquet', folder)
  expect(next.uri).not.toBe(kept.uri)
  expect((await files.read(kept.uri)).toString()).toBe('first')
  expect((await files.read(next.uri)).toString()).toBe('second')
})

test('a file is written once', async () => {
  const files = createFolderTableFiles(root)
  const uri = `${files.folder('curated', 'trip')}/metadata/a.json`
  await files.write(uri, Buffer.from('{}'))
  await expect(files.write(uri, Buffer.from('[]'))).rejects.toMatchObject({ code: 'storage_failed' })
  expect((await readFile(uri.slice('file://'.length))).toString()).toBe('{}')
})

test('files are read as Spark names them, and one that is not there is missed by its name', async () => {
  const files = createFolderTableFiles(root)
  const uri = `${files.folder('curated', 'trip')}/metadata/b.json`
  await files.write(uri, Buffer.from('b'))
  expect((await files.read(uri.replace('file://', 'file:'))).toString()).toBe('b')
  await files.remove([uri, `${uri}.none`])
  await expect(files.read(uri)).rejects.toMatchObject({ code: 'not_found' })
})
