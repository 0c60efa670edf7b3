import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ifAbsent, makeFolder, moveDurably, replaceFile, UNFINISHED } from '../../../drivers/files/durable.ts'
import { linesBackwards, wholeLinesBytes } from '../../../drivers/files/lines.ts'

describe('a file that lasts', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'durable-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('is replaced as a whole, and leaves nothing aside', async () => {
    const path = join(folder, 'state')
    await replaceFile(path, aside => writeFile(aside, 'old'))
    await replaceFile(path, aside => writeFile(aside, 'new'))
    expect(await readFile(path, 'utf8')).toBe('new')
    expect(await readdir(folder)).toEqual(['state'])
  })

  test('stays as it was, and leaves nothing aside, when its new content cannot be written', async () => {
    const path = join(folder, 'state')
    await replaceFile(path, aside => writeFile(aside, 'old'))
    const half = async (aside: string) => {
      await writeFile(aside, 'n')
      throw new Error('the disk is full')
    }
    await expect(replaceFile(path, half)).rejects.toThrow('the disk is full')
    expect(await readFile(path, 'utf8')).toBe('old')
    expect(await readdir(folder)).toEqual(['state'])
  })

  test('is written anew over what a crash has left aside', async () => {
    const path = join(folder, 'state')
    await writeFile(path + UNFINISHED, 'longer than what comes')
    await replaceFile(path, aside => writeFile(aside, 'short'))
    expect(await readFile(path, 'utf8')).toBe('short')
  })

  test('moves to another folder', async () => {
    await makeFolder(join(folder, 'a', 'b'))
    await mkdir(join(folder, 'from'))
    await writeFile(join(folder, 'from', 'x'), 'text')
    await moveDurably(join(folder, 'from', 'x'), join(folder, 'a', 'b', 'y'))
    expect(await readdir(join(folder, 'from'))).toEqual([])
    expect(await readFile(join(folder, 'a', 'b', 'y'), 'utf8')).toBe('text')
  })

  test('may be absent, which is told from every other failure', async () => {
    expect(await readFile(join(folder, 'none'), 'utf8').catch(ifAbsent(''))).toBe('')
    await expect(readFile(folder, 'utf8').catch(ifAbsent(''))).rejects.toMatchObject({ code: 'EISDIR' })
  })

  test('made of lines ends with its last whole one', async () => {
    const path = join(folder, 'lines')
    await writeFile(path, 'one\ntwo\nthr')
    expect(await wholeLinesBytes(path)).toBe(8)
    expect(await Array.fromAsync(linesBackwards(path))).toEqual(['two', 'one'])
  })
})
