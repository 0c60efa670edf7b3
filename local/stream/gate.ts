/** Lets one loop through, or holds it until it is opened again. */
export class Gate {
  #closed: PromiseWithResolvers<void> | undefined

  get open(): boolean {
    return this.#closed === undefined
  }

  close(): void {
    this.#closed ??= Promise.withResolvers()
  }

  release(): void {
    this.#closed?.resolve()
    this.#closed = undefined
  }

  /** Resolves when the gate is open. */
  async passed(): Promise<void> {
    while (this.#closed !== undefined) await this.#closed.promise
  }
}
