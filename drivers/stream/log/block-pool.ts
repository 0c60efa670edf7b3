import { type Block, clearBlock, newBlock } from './block.ts'

/** Blocks kept for reuse: one being written, one filling, and some for a burst. */
const SPARE = 8

/** Blocks are large, so they are used again. */
export class BlockPool {
  readonly #spare: Block[] = []

  take(): Block {
    return this.#spare.pop() ?? newBlock()
  }

  giveBack(block: Block): void {
    clearBlock(block)
    if (this.#spare.length < SPARE) this.#spare.push(block)
  }
}
